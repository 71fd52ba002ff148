import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { borrowArtifact } from "./borrow-artifact.ts";
import { commitFiles } from "./commit-files.ts";
import { DirectoryKeeper } from "./directory-keeper.ts";
import { DirectoryStore } from "./directory-store.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "millrace-borrow-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

it("borrowArtifact() lets one store read what another has, verified, and what it writes stays its own", async () => {
  const real = new DirectoryStore(join(root, "real"));
  const scratch = new DirectoryStore(join(root, "scratch"));
  const { digest } = await commitFiles(real, "a", { "deep/a.txt": "lent" }, { type: "Text" });
  borrowArtifact(scratch, real, digest);
  expect(await scratch.has(digest)).toBe(true);
  expect(readFileSync(join(await scratch.open(digest), "deep/a.txt"), "utf8")).toBe("lent");
  const own = await commitFiles(scratch, "b", { "b.txt": "own" }, { type: "Text" });
  expect(await real.has(own.digest)).toBe(false);
});

it("borrowArtifact() says of what was collected that the lender lacks it, and what may have taken it", async () => {
  const real = new DirectoryStore(join(root, "real"));
  const scratch = new DirectoryStore(join(root, "scratch"));
  const { digest } = await commitFiles(real, "a", { "a.txt": "lent" }, { type: "Text" });
  await new DirectoryKeeper(join(root, "real")).discard([digest]);
  expect(() => borrowArtifact(scratch, real, digest)).toThrow(
    /artifact sha256.*must be in the store.*real.*millrace gc/,
  );
});
