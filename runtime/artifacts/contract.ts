import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitFiles } from "./commit-files.ts";
import { manifestDigest, manifestText } from "./manifest.ts";
import type { ArtifactStore } from "./store.ts";

/** A store under test, and the hand of someone who damages it. */
export interface StoreUnderTest {
  readonly store: ArtifactStore;
  /** Another opening of the same store, as by another process. */
  reopen(): ArtifactStore;
  /** Overwrites a file of a committed artifact behind the store's back. */
  damage(digest: string, path: string, content: string): Promise<void>;
}

const type = { type: "Examples" };

/** What every artifact store does, whatever it keeps its bytes in. */
export function describeArtifactStore(name: string, make: (directory: string) => Promise<StoreUnderTest>): void {
  describe(`${name} as an artifact store`, () => {
    let directory: string;
    let subject: StoreUnderTest;

    beforeEach(async () => {
      directory = await mkdtemp(`${tmpdir()}/millrace-store-`);
      subject = await make(`${directory}/store`);
    });
    afterEach(() => rm(directory, { recursive: true, force: true }));

    const commit = (files: Readonly<Record<string, string>>, execution = "execution") =>
      commitFiles(subject.store, execution, files, type);

    describe("commit()", () => {
      it("addresses a payload by the digest of its manifest", async () => {
        const artifact = await commit({ "b/two.txt": "22", "a.txt": "1" });
        const manifest = await subject.store.manifest(artifact.digest);
        expect(manifestText(manifest)).toBe(
          '{"entries":[{"bytes":1,"path":"a.txt","sha256":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},' +
            '{"bytes":2,"path":"b/two.txt","sha256":"785f3ec7eb32f30b90cd0fcf3657d388b5ff4297f2f9716ff66e9b69c05ddd09"}]}',
        );
        expect(artifact).toMatchObject({ digest: manifestDigest(manifest), bytes: 3n, files: 2, type: "Examples" });
      });

      it("sorts paths by their bytes, not by code units", async () => {
        const { digest } = await commit({ "\u{1F600}": "later in UTF-8", "\uFB00": "earlier in UTF-8" });
        const { entries } = await subject.store.manifest(digest);
        expect(entries.map(({ path }) => path)).toEqual(["\uFB00", "\u{1F600}"]);
      });

      it("gives equal content one digest, whoever commits it and with whatever properties", async () => {
        const first = await commit({ "a.txt": "1" }, "one");
        const staging = await subject.store.stage("two", "examples");
        writeFileSync(`${staging.path}/a.txt`, "1");
        const second = await subject.store.commit(staging, { type: "Model", properties: { span: "7" } });
        expect(second).toMatchObject({ digest: first.digest, type: "Model", properties: { span: "7" } });
      });

      it("lets any number commit equal content at once", async () => {
        const committed = await Promise.all(
          Array.from({ length: 20 }, (_, index) => commit({ "a.txt": "same", "b.txt": "same" }, `racer-${index}`)),
        );
        expect(new Set(committed.map(({ digest }) => digest)).size).toBe(1);
        const path = await subject.store.open(committed[0]?.digest ?? "");
        expect(readFileSync(`${path}/a.txt`, "utf8")).toBe("same");
      });

      it.each([
        ["a symbolic link", (path: string) => symlinkSync("/etc/hostname", `${path}/link`)],
        ["a link to a directory", (path: string) => symlinkSync("/etc", `${path}/link`)],
        [
          "a hard link",
          (path: string) => {
            writeFileSync(`${path}/one`, "1");
            linkSync(`${path}/one`, `${path}/two`);
          },
        ],
        ["nothing", () => undefined],
        ["only empty directories", (path: string) => mkdirSync(`${path}/empty`)],
      ])("refuses %s", async (_what, write) => {
        const staging = await subject.store.stage("execution", "output");
        write(staging.path);
        await expect(subject.store.commit(staging, type)).rejects.toMatchObject({
          code: "not-a-payload",
          class: "terminal",
        });
      });

      it("mends an artifact whose bytes were damaged", async () => {
        const { digest } = await commit({ "a.txt": "good" });
        await subject.damage(digest, "a.txt", "evil");
        await commit({ "a.txt": "good" });
        const path = await subject.reopen().open(digest);
        expect(readFileSync(`${path}/a.txt`, "utf8")).toBe("good");
      });
    });

    describe("stage()", () => {
      it("empties what an earlier attempt of the same name left", async () => {
        const earlier = await subject.store.stage("execution", "output");
        writeFileSync(`${earlier.path}/left`, "over");
        const later = await subject.store.stage("execution", "output");
        writeFileSync(`${later.path}/new`, "1");
        const { digest } = await subject.store.commit(later, type);
        expect((await subject.store.manifest(digest)).entries.map(({ path }) => path)).toEqual(["new"]);
      });

      it("keeps outputs and executions apart, whatever their ids", async () => {
        const ids = ["a", "a/b", "..", ".", "", "../../a"];
        const stagings = await Promise.all(ids.map((id) => subject.store.stage(id, "output")));
        expect(new Set(stagings.map(({ path }) => path)).size).toBe(ids.length);
      });

      it("touches no directory that the store didn't stage", async () => {
        writeFileSync(`${directory}/precious`, "1");
        for (const path of [directory, `${directory}/store/payload`, `${directory}/store/staging/../x/y`]) {
          await expect(subject.store.discard({ path })).rejects.toMatchObject({ code: "not-staged" });
          await expect(subject.store.commit({ path }, type)).rejects.toMatchObject({ code: "not-staged" });
        }
        expect(readFileSync(`${directory}/precious`, "utf8")).toBe("1");
      });

      it("shows nobody what isn't committed", async () => {
        const staging = await subject.store.stage("execution", "output");
        writeFileSync(`${staging.path}/a.txt`, "1");
        await subject.store.discard(staging);
        await expect(subject.store.commit(staging, type)).rejects.toMatchObject({ name: "Retryable" });
      });
    });

    describe("open()", () => {
      it("gives the files back byte for byte, also to another process", async () => {
        const { digest } = await commit({ "deep/er/a.bin": "\u0000ÿ" });
        const path = await subject.reopen().open(digest);
        expect(readFileSync(`${path}/deep/er/a.bin`, "utf8")).toBe("\u0000ÿ");
      });

      it.each([
        ["a flipped byte", "good", "gooe"],
        ["a lost byte", "good", "goo"],
        ["a byte too many", "good", "goodd"],
      ])("finds %s on the first read and names the file", async (_what, good, bad) => {
        const { digest } = await commit({ "ok.txt": "fine", "Split-train/data": good });
        await subject.damage(digest, "Split-train/data", bad);
        await expect(subject.reopen().open(digest)).rejects.toMatchObject({
          code: "digest-mismatch",
          message: expect.stringContaining("Split-train/data") as string,
        });
      });

      it("finds a byte flipped between two reads of one process", async () => {
        const { digest } = await commit({ "a.txt": "good" });
        await subject.store.open(digest);
        await subject.damage(digest, "a.txt", "evil");
        await expect(subject.store.open(digest)).rejects.toMatchObject({ code: "digest-mismatch" });
      });

      it("finds a file that the manifest doesn't list", async () => {
        const { digest } = await commit({ "a.txt": "1" });
        await subject.damage(digest, "b.txt", "2");
        await expect(subject.store.open(digest)).rejects.toMatchObject({ code: "digest-mismatch" });
      });

      it("names an artifact that isn't there", async () => {
        const absent = `sha256:${"0".repeat(64)}`;
        await expect(subject.store.open(absent)).rejects.toMatchObject({ code: "artifact-missing", class: "terminal" });
        await expect(subject.store.open("sha256:../../etc")).rejects.toMatchObject({ code: "artifact-missing" });
      });
    });

    describe("has()", () => {
      it("tells what is there whole from what isn't", async () => {
        const { digest } = await commit({ "a.txt": "1" });
        expect(await subject.store.has(digest)).toBe(true);
        expect(await subject.store.has(`sha256:${"0".repeat(64)}`)).toBe(false);
        await subject.damage(digest, "a.txt", "12");
        expect(await subject.store.has(digest)).toBe(false);
      });
    });

    describe("importFile()", () => {
      it("makes an artifact of one file, independent of the file's later fate", async () => {
        const source = writeCsv(directory, "a,b\n1,2\n");
        const { digest } = await subject.store.importFile(source, { type: "Dataset", name: "data.csv" });
        writeFileSync(source, "changed");
        const path = await subject.store.open(digest);
        expect(readFileSync(`${path}/data.csv`, "utf8")).toBe("a,b\n1,2\n");
      });

      it("takes a read-only source and leaves it as it was", async () => {
        const source = writeCsv(directory, "a\n");
        chmodSync(source, 0o444);
        const { digest } = await subject.store.importFile(source, { type: "Dataset" });
        expect((await subject.store.manifest(digest)).entries[0]?.path).toBe("penguins.csv");
      });

      it.each([
        ["a missing file", (at: string) => `${at}/absent.csv`, {}, "source-missing"],
        ["a directory", (at: string) => at, {}, "source-unreadable"],
        [
          "content of another sha256",
          (at: string) => writeCsv(at, "a\n"),
          { sha256: "0".repeat(64) },
          "digest-mismatch",
        ],
      ])("refuses %s and names it", async (_what, source, options, code) => {
        const path = source(directory);
        await expect(subject.store.importFile(path, { type: "Dataset", ...options })).rejects.toMatchObject({
          code,
          place: { file: path },
        });
      });
    });
  });
}

function writeCsv(directory: string, content: string): string {
  writeFileSync(`${directory}/penguins.csv`, content);
  return `${directory}/penguins.csv`;
}
