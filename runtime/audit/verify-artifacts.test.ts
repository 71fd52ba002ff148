import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DirectoryKeeper, DirectoryStore } from "../artifacts/mod.ts";
import { decodeEvent, emptyChain, retentionChain, retentionEvent, targetChain, targetEvent } from "../journal/mod.ts";
import { hexOf } from "../model/mod.ts";
import { journalOf, PlayedRuns, subjects } from "../testing/played-runs.ts";
import { Findings } from "./findings.ts";
import { noteLeftovers } from "./verify-leftovers.ts";
import { verify } from "./verify.ts";

// Agents at work on a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let runs: PlayedRuns;

beforeEach(() => {
  runs = new PlayedRuns();
});

afterEach(() => runs[Symbol.dispose]());

describe("verify() names a damaged artifact:", () => {
  beforeEach(() => runs.play("r1"));

  it("a flipped byte, with the file's path and the artifact's digest", async () => {
    const { digest, place } = await runs.artifactOf("a");
    const path = join(place, "text");
    const bytes = readFileSync(path);
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
    const fresh = new DirectoryStore(runs.path("store"));
    expect((await runs.verified(runs.log, fresh)).problems).toMatchObject([{ code: "artifact-damaged", digest, path }]);
  });

  it("a file that is gone", async () => {
    const { digest, place } = await runs.artifactOf("b");
    rmSync(join(place, "text"));
    const { problems } = await runs.verified();
    expect(problems).toMatchObject([{ code: "file-missing", digest, path: join(place, "text") }]);
    expect(problems[0]?.sequence).toBeGreaterThan(0);
  });

  it("an artifact that is gone, unless its bytes were given up", async () => {
    const { digest, place } = await runs.artifactOf("b");
    rmSync(place, { recursive: true });
    rmSync(`${place}.manifest.json`);
    expect((await runs.verified()).problems).toMatchObject([{ code: "artifact-missing", digest }]);
    const collected = retentionEvent(emptyChain(retentionChain), { $case: "collected", value: { policy: "test" } });
    await runs.append(subjects.artifactChain(hexOf(digest)), collected ?? { body: undefined });
    expect(await runs.codes()).toEqual([]);
  });

  it("a manifest with other words", async () => {
    const { digest, place } = await runs.artifactOf("a");
    chmodSync(`${place}.manifest.json`, 0o644);
    writeFileSync(`${place}.manifest.json`, '{"entries":[]}');
    expect((await runs.verified()).problems).toMatchObject([{ code: "artifact-damaged", digest }]);
  });
});

async function push(uri: string, digest: string): Promise<void> {
  const model = { type: "Model", digest, bytes: 1n, files: 1, properties: {} };
  const intended = {
    version: 0n,
    model,
    run: "r1",
    node: "a",
    pipeline: "p",
    blessedSequence: 0n,
  };
  const claims = (await runs.entries(journalOf("a"))).map(({ data }) => decodeEvent(data));
  const claimEventId = claims.find((event) => event?.body?.$case === "claimed")?.id ?? "";
  const first = targetEvent(emptyChain(targetChain), {
    $case: "pushIntended",
    value: { push: intended, claimEventId },
  });
  const eventId = await runs.append(subjects.target("t"), first);
  const sequence = await runs.log.leaderLastSequence();
  const pushed = { ...intended, version: BigInt(sequence) };
  const chain = {
    state: { served: undefined, history: [], undone: [], open: [pushed] },
    expect: sequence,
    head: { eventId, sequence, timeMs: 0 },
  };
  await runs.append(subjects.target("t"), targetEvent(chain, { $case: "pushed", value: { push: pushed, uri } }));
}

async function servableModel(): Promise<string> {
  const staging = await runs.store.stage("e", "model");
  mkdirSync(join(staging.path, "Format-Serving"));
  writeFileSync(join(staging.path, "Format-Serving/model.json"), "{}");
  return (await runs.store.commit(staging, { type: "Model" })).digest;
}

describe("verify() of what was pushed", () => {
  it("finds the served version's directory missing, altered, or as it was pushed", async () => {
    await runs.play("r1");
    const place = runs.path("push/7");
    await push(pathToFileURL(place).href, await servableModel());
    expect((await runs.verified()).problems).toMatchObject([{ code: "pushed-missing", path: place }]);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "model.json"), "{}");
    expect(await runs.codes()).toEqual([]);
    writeFileSync(join(place, "model.json"), "[]");
    expect((await runs.verified()).problems).toMatchObject([
      { code: "pushed-differs", path: join(place, "model.json") },
    ]);
    writeFileSync(join(place, "model.json"), "{}");
    writeFileSync(join(place, "more"), "");
    expect((await runs.verified()).problems).toMatchObject([{ code: "pushed-differs", path: join(place, "more") }]);
  });
});

describe("what nothing refers to", () => {
  it("is noted, and no problem: a payload, and what processes that are gone have staged", async () => {
    await runs.play("r1");
    const digest = await servableModel();
    const keeper = new DirectoryKeeper(runs.path("store"));
    const { log, store } = runs;
    const found = await verify({ log, store, keeper, to: await log.leaderLastSequence() });
    expect(found).toMatchObject({ ok: true, notes: [{ code: "unreferenced-payload", digest }] });

    mkdirSync(runs.path("store/staging/elsewhere-1-0/e.out"), { recursive: true });
    const notes = new Findings();
    await noteLeftovers(keeper, new Map(), notes.report, -1);
    expect(notes.kept.map(({ code }) => code)).toContain("staging-leftover");
  });
});
