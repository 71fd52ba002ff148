import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commitFiles } from "./commit-files.ts";
import { describeArtifactStore } from "./contract.ts";
import { DirectoryStore } from "./directory-store.ts";
import { openArtifactStore } from "./open-store.ts";

const underTest = (options: { readonly flush?: boolean }) => async (directory: string) => {
  const store = new DirectoryStore(directory, options);
  return {
    store,
    reopen: () => new DirectoryStore(directory),
    damage: async (digest: string, path: string, content: string) => {
      const file = `${fileURLToPath(store.uriOf(digest))}/${path}`;
      rmSync(file, { force: true });
      writeFileSync(file, content);
    },
  };
};

describeArtifactStore("DirectoryStore", underTest({}));
describeArtifactStore("DirectoryStore that flushes", underTest({ flush: true }));

describe("DirectoryStore", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(`${tmpdir()}/millrace-store-`);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it("makes committed files read-only", async () => {
    const store = new DirectoryStore(root);
    const { digest } = await commitFiles(store, "execution", { "a.txt": "1" }, { type: "Schema" });
    expect(statSync(`${await store.open(digest)}/a.txt`).mode & 0o777).toBe(0o444);
  });

  it("leaves nothing in staging after commits, discards and imports", async () => {
    const store = new DirectoryStore(root);
    await commitFiles(store, "one", { "a.txt": "1" }, { type: "Schema" });
    await commitFiles(store, "two", { "a.txt": "1" }, { type: "Schema" });
    writeFileSync(`${root}/source.csv`, "a\n");
    await store.importFile(`${root}/source.csv`, { type: "Dataset" });
    const files = readdirSync(`${root}/staging`, { recursive: true }).filter((path) => String(path).includes("/"));
    expect(files).toEqual([]);
  });

  it("says which directory can't be written", async () => {
    writeFileSync(`${root}/file`, "in the way");
    await expect(new DirectoryStore(`${root}/file`).stage("execution", "output")).rejects.toMatchObject({
      code: "store-unwritable",
      message: expect.stringContaining(`${root}/file`) as string,
    });
  });

  it.skipIf(process.getuid?.() === 0)("says that a directory lacks the right to write", async () => {
    chmodSync(root, 0o555);
    await expect(new DirectoryStore(root).stage("execution", "output")).rejects.toMatchObject({
      code: "store-unwritable",
    });
  });

  it("opens by absolute directory or file URI, and says what else is wrong", () => {
    expect(openArtifactStore(root).uriOf(`sha256:${"a".repeat(64)}`)).toContain(root);
    expect(openArtifactStore(`file://${root}`).uriOf(`sha256:${"a".repeat(64)}`)).toContain(root);
    expect(() => openArtifactStore("relative/store")).toThrow(/MILLRACE_STORE/);
    vi.stubEnv("MILLRACE_STORE_SYNC", "sometimes");
    expect(() => openArtifactStore(root)).toThrow(/MILLRACE_STORE_SYNC=sometimes.*"always" or "never"/);
    vi.unstubAllEnvs();
  });
});
