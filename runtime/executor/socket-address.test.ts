import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { makeSocketAddress, removeSocketAddress } from "./socket-address.ts";

describe("makeSocketAddress()", () => {
  it("gives each caller a short path in a directory that only this user can enter", () => {
    const address = makeSocketAddress();
    const path = address.slice("unix:".length);
    expect(Buffer.byteLength(path)).toBeLessThan(100);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(makeSocketAddressAndRemoveIt()).not.toBe(address);
    removeSocketAddress(address);
    expect(existsSync(dirname(path))).toBe(false);
  });
});

function makeSocketAddressAndRemoveIt(): string {
  const address = makeSocketAddress();
  removeSocketAddress(address);
  return address;
}

describe("removeSocketAddress()", () => {
  it("may be called again by the other process", () => {
    const address = makeSocketAddressAndRemoveIt();
    expect(() => removeSocketAddress(address)).not.toThrow();
  });

  it("leaves alone a directory that holds anything else", () => {
    const address = makeSocketAddress();
    const directory = dirname(address.slice("unix:".length));
    writeFileSync(`${directory}/other`, "");
    removeSocketAddress(address);
    expect(existsSync(`${directory}/other`)).toBe(true);
    rmSync(directory, { recursive: true });
  });

  it.each(["executor.sock", "executor"])("leaves alone %s in a directory that it didn't make", (name) => {
    const directory = mkdtempSync(`${tmpdir()}/other-`);
    writeFileSync(`${directory}/${name}`, "");
    removeSocketAddress(`unix:${directory}/${name}`);
    removeSocketAddress("127.0.0.1:9000");
    expect(existsSync(`${directory}/${name}`)).toBe(true);
    rmSync(directory, { recursive: true });
  });
});
