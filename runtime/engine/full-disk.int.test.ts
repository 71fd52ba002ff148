import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mountSmallDisk } from "../testing/small-disk.ts";
import type { SmallDisk } from "../testing/small-disk.ts";
import { openEngine } from "./open-engine.ts";
import { writeSplit } from "./write-split.ts";

let directory: string;
let disk: SmallDisk | undefined;

beforeEach((context) => {
  directory = mkdtempSync(join(tmpdir(), "full-"));
  const mounted = mountSmallDisk(directory, 4 << 20);
  if ("notMounted" in mounted) return context.skip(`not run: no small disk could be mounted (${mounted.notMounted})`);
  disk = mounted;
});

afterEach(() => {
  disk?.unmount();
  rmSync(directory, { recursive: true, force: true });
});

it("writeSplit() finds a file that the engine ended early since the disk is full, of which the engine says nothing", async () => {
  await using engine = await openEngine();
  const many = "SELECT number, cityHash64(number) AS hash FROM numbers(1000000)";
  await expect(writeSplit(engine, directory, "train", many)).rejects.toMatchObject({
    name: "Retryable",
    code: "store-full",
    message: expect.stringContaining("Split-train") as string,
  });
  rmSync(join(directory, "Split-train"), { recursive: true });
  expect(await writeSplit(engine, directory, "train", "SELECT number FROM numbers(1000)")).toBe(1_000);
});
