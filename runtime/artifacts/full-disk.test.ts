import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { executeComponent } from "../component/executor/execute-component.ts";
import { implement } from "../component/mod.ts";
import { StartExecution } from "../contracts/millrace/component/v1/executor.ts";
import { decodeEvent } from "../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../log/mod.ts";
import { artifact, declareComponent } from "../pipeline/mod.ts";
import { startTestAgent, startTestRun } from "../testing/memory-stack.ts";
import { testPlan } from "../testing/plans.ts";
import { mountSmallDisk } from "../testing/small-disk.ts";
import type { SmallDisk } from "../testing/small-disk.ts";
import { commitFiles } from "./commit-files.ts";
import { DirectoryStore } from "./directory-store.ts";
import { orStoreFull } from "./store-error.ts";

const diskBytes = 4 << 20;

let directory: string;
let disk: SmallDisk;

beforeEach((context) => {
  directory = mkdtempSync(join(tmpdir(), "full-"));
  const mounted = mountSmallDisk(directory, diskBytes);
  if ("notMounted" in mounted) return context.skip(`not run: no small disk could be mounted (${mounted.notMounted})`);
  disk = mounted;
});

afterEach(() => {
  disk?.unmount();
  rmSync(directory, { recursive: true, force: true });
});

/** Takes all room but so many bytes, until it is given back. */
function fill(leave: number): () => void {
  const file = join(directory, "filler");
  writeFileSync(file, "");
  try {
    for (;;) writeFileSync(file, Buffer.alloc(64 << 10), { flag: "a" });
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  }
  truncateSync(file, Math.max(0, statSync(file).size - leave));
  return () => rmSync(file);
}

/** Files below the store, without directories. */
function files(root: string): readonly string[] {
  const all = existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : [];
  return all.filter((entry) => entry.isFile()).map(({ name }) => name);
}

const silent = { progress() {}, metric() {}, log() {} };

const writeLittle = () => Promise.resolve({ out: { text: "small" } });

describe("a store on a full disk", () => {
  it("says so with place and numbers, leaves nothing, and takes the same again when there is room", async () => {
    const root = join(directory, "store");
    const store = new DirectoryStore(root, { flush: true });
    const source = join(tmpdir(), `full-${process.pid}.csv`);
    writeFileSync(source, Buffer.alloc(1 << 20, "a"));
    const free = fill(256 << 10);
    const refused = store.importFile(source, { type: "Dataset" });
    await expect(refused).rejects.toMatchObject({
      name: "Retryable",
      code: "store-full",
      message: expect.stringMatching(/ENOSPC at .*full-\d+\.csv.*; 1048576 bytes were wanted, \d+ are free/) as string,
    });
    expect(files(root)).toEqual([]);
    free();
    const { digest } = await store.importFile(source, { type: "Dataset" });
    expect(await store.has(digest)).toBe(true);
    rmSync(source);
  });

  it("commits whole or not at all, wherever the room ends", async () => {
    const root = join(directory, "store");
    const store = new DirectoryStore(root);
    let refused = 0;
    let committed = 0;
    // Every file takes a page here: so each of these ends the room at another file, the manifest among them.
    for (let pages = 1; pages < 16; pages++) {
      const free = fill(pages * 4_096);
      const text = `artifact ${pages}`;
      const digest = await commitFiles(store, `e${pages}`, { "a/b/one": text, two: text }, { type: "Text" }).then(
        ({ digest: made }) => made,
        (error: unknown) => {
          expect(orStoreFull("write files", error, { directory })).toMatchObject({ code: "store-full" });
          return undefined;
        },
      );
      if (digest === undefined) refused += 1;
      else {
        committed += 1;
        expect(await new DirectoryStore(root).open(digest)).toContain(root);
      }
      const manifests = files(root).filter((name) => name.endsWith(".manifest.json"));
      expect([files(root).length, manifests.length]).toEqual([committed * 3, committed]);
      free();
      if (digest !== undefined) break;
    }
    expect(refused).toBeGreaterThan(1);
    expect(committed).toBe(1);
  });

  it("is told as such of a component's own writes, and nothing of them is left", async () => {
    const root = join(directory, "store");
    const store = new DirectoryStore(root);
    const declaration = declareComponent({
      name: "writer",
      version: "1",
      inputs: {},
      outputs: { out: artifact("Model") },
    });
    const writer = implement(declaration, ({ outputs }) => {
      writeFileSync(`${outputs.out.path}/large`, Buffer.alloc(1 << 20));
      return Promise.resolve({});
    });
    const free = fill(256 << 10);
    const start = StartExecution.fromPartial({ component: "writer", node: "written", parametersJson: "{}" });
    const controls = { executionId: "e", signal: new AbortController().signal, report: silent };
    await expect(executeComponent(writer, store, start, controls)).rejects.toMatchObject({
      code: "store-full",
      class: "retryable",
      message: expect.stringContaining("Cannot write the outputs of written") as string,
    });
    expect(files(root)).toEqual([]);
    free();
    expect((await executeComponent(writer, store, start, controls)).outputs).toMatchObject([{ name: "out" }]);
  });

  it("does not end a run: its node is tried again beyond its budget, and goes on when there is room", async () => {
    const log = new MemoryLog();
    const subjects = subjectsOf(log.namespace);
    const root = join(directory, "store");
    mkdirSync(root);
    const store = new DirectoryStore(root);
    const plan = testPlan("one", { copy: { inputs: { in0: "source.dataset:Dataset" }, attemptsMax: 1 } });
    await startTestRun(log, store, plan, "r1", "data");
    // Room for the output, and none for its manifest.
    const free = fill(4_096);
    const { agent } = await startTestAgent(log, store, "copy", { inputs: ["Dataset"], work: writeLittle });
    const stop = new AbortController();
    const story: string[] = [];
    for await (const entry of log.follow([subjects.filters.run("one", "r1")], { signal: stop.signal })) {
      const body = decodeEvent(entry.data)?.body;
      if (body?.$case === "failed") {
        story.push(body.value.failure?.code ?? "");
        if (story.length === 2) free();
      }
      if (body?.$case === "runSucceeded" || body?.$case === "runFailed") {
        story.push(body.$case);
        stop.abort();
      }
    }
    await agent.drain(0);
    expect(story).toEqual(["store-full", "store-full", "runSucceeded"]);
  }, 60_000);
});
