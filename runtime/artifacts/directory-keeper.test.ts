import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitFiles } from "./commit-files.ts";
import { DirectoryKeeper } from "./directory-keeper.ts";
import { DirectoryStore } from "./directory-store.ts";

let root: string;
let store: DirectoryStore;
let keeper: DirectoryKeeper;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "keeper-"));
  store = new DirectoryStore(root);
  keeper = new DirectoryKeeper(root);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const commit = async (text: string): Promise<string> =>
  (await commitFiles(store, "execution", { "a.txt": text }, { type: "Text" })).digest;

const place = (digest: string): string => fileURLToPath(store.uriOf(digest));

async function stored(): Promise<readonly (readonly [string, boolean])[]> {
  const found: [string, boolean][] = [];
  for await (const { digest, whole } of keeper.stored()) found.push([digest, whole]);
  return found;
}

/** Staging as a process leaves it. */
function leave(owner: string, name: string): string {
  const directory = join(root, "staging", owner, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "half"), "12345");
  return directory;
}

const sweep = (more: { open?: string; untouchedMs?: number; remove?: boolean } = {}) =>
  keeper.sweepStaging({
    isOpen: (id) => id === more.open,
    untouchedMs: more.untouchedMs ?? -1_000,
    remove: more.remove ?? true,
  });

describe("a keeper's trash", () => {
  it("takes an artifact from its address, and brings it back as it was", async () => {
    const digest = await commit("one");
    const batch = await keeper.discard([digest]);
    expect(batch.digests).toEqual([digest]);
    expect(await store.has(digest)).toBe(false);
    expect(await stored()).toEqual([]);
    expect(await keeper.inTrash()).toMatchObject({ artifacts: 1 });
    expect(await keeper.putBack(batch, digest)).toBe(true);
    expect(await store.open(digest)).toBe(place(digest));
  });

  it("deletes what is in it, and then itself", async () => {
    const [one, two] = [await commit("one"), await commit("three")];
    const batch = await keeper.discard([one, two]);
    expect(await keeper.empty(batch, one)).toBe(3);
    expect(await keeper.empty(batch, two)).toBe(5);
    expect(await keeper.putBack(batch, one)).toBe(false);
    expect(readdirSync(join(root, "trash"))).toEqual([]);
  });

  it("leaves what was committed meanwhile where it is, whole", async () => {
    const digest = await commit("one");
    const batch = await keeper.discard([digest]);
    await commit("one");
    expect(await store.has(digest)).toBe(true);
    await keeper.empty(batch, digest);
    expect(await store.open(digest)).toBe(place(digest));
  });

  it("passes from one keeper to the next when it is sealed, or its maker is dead, and not before", async () => {
    const [one, two] = [await commit("one"), await commit("two")];
    const open = await keeper.discard([one]);
    expect(await new DirectoryKeeper(root).takeOver()).toEqual([]);
    const sealed = await keeper.seal(open, 1_000, 7);
    expect(sealed).toMatchObject({ digests: [one], sealed: { atMs: 1_000, sequence: 7 } });
    const [taken] = await new DirectoryKeeper(root).takeOver();
    expect(taken).toMatchObject({ digests: [one], sealed: { atMs: 1_000, sequence: 7 } });
    expect(taken?.name).not.toBe(sealed.name);
    // The former owner finds nothing any more: each artifact is decided by one.
    expect(await keeper.empty(sealed, one)).toBeUndefined();

    const { name } = await keeper.discard([two]);
    const dead = spawnSync(process.execPath, ["--version"]).pid;
    renameSync(join(root, "trash", name), join(root, "trash", name.replace(`-${process.pid}-`, `-${dead}-`)));
    const left = await new DirectoryKeeper(root).takeOver();
    expect(left.map(({ digests, sealed: end }) => [digests, end])).toEqual(
      expect.arrayContaining([[[two], undefined]]) as unknown,
    );
  });

  it("is not looked at by has(), and is by open(), whose caller knows the digest from the log", async () => {
    const digest = await commit("one");
    await keeper.discard([digest]);
    expect(await store.has(digest)).toBe(false);
    await expect(store.manifest(digest)).rejects.toMatchObject({ code: "artifact-missing" });
    expect(await new DirectoryStore(root).open(digest)).toBe(place(digest));
    expect(await store.has(digest)).toBe(true);
  });
});

describe("a commit of equal bytes", () => {
  it.each(["manifest", "files"] as const)("puts its own there when %s were just taken away", async (part) => {
    const digest = await commit("one");
    const away = join(root, "elsewhere");
    renameSync(part === "files" ? place(digest) : `${place(digest)}.manifest.json`, away);
    expect(await commit("one")).toBe(digest);
    expect(await new DirectoryStore(root).open(digest)).toBe(place(digest));
  });
});

describe("a keeper's look at the store", () => {
  it("tells whole artifacts from torn ones, and sees what lies at no artifact's name as none", async () => {
    const [one, two] = [await commit("one"), await commit("two")];
    rmSync(`${place(two)}.manifest.json`);
    writeFileSync(join(dirname(place(one)), "stray"), "");
    expect(new Map(await stored())).toEqual(
      new Map([
        [one, true],
        [two, false],
      ]),
    );
    expect(await keeper.bytesOf(two)).toBe(3);
  });
});

describe("a keeper's sweep of staging", () => {
  const dead = `${hostname().replaceAll(/[^A-Za-z0-9]/g, "_")}-${spawnSync(process.execPath, ["--version"]).pid}-0a1b2c3d`;

  it("removes what dead processes left, and counts it", async () => {
    const left = leave(dead, "claim.model");
    expect(await sweep({ remove: false })).toEqual({ places: 1, bytes: 5 });
    expect(existsSync(left)).toBe(true);
    expect(await sweep()).toEqual({ places: 1, bytes: 5 });
    expect(existsSync(dirname(left))).toBe(false);
  });

  it("leaves what lives: a process that runs, a claim that is open, what changed just now", async () => {
    const staging = await store.stage("execution", "output");
    writeFileSync(join(staging.path, "half"), "1");
    const ofClaim = leave(dead, "claim.model");
    expect(await sweep({ open: "claim" })).toEqual({ places: 0, bytes: 0 });
    expect(await sweep({ untouchedMs: 600_000 })).toEqual({ places: 0, bytes: 0 });
    expect([existsSync(staging.path), existsSync(ofClaim)]).toEqual([true, true]);
    expect(basename(dirname(staging.path))).toContain(`-${process.pid}-`);
  });

  it("judges processes of other machines by what the log and the clock say alone", async () => {
    const elsewhere = leave("elsewhere-1-0a1b2c3d", "claim.model");
    await sweep({ open: "claim" });
    expect(existsSync(elsewhere)).toBe(true);
    await sweep();
    expect(existsSync(elsewhere)).toBe(false);
  });
});
