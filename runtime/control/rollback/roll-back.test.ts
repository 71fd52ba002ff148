import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitFiles, DirectoryStore, versionRestorer } from "../../artifacts/mod.ts";
import type { Artifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import { decodeEvent, targetChain } from "../../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { Retryable, targetToken } from "../../model/mod.ts";
import { foldChain } from "../../projections/mod.ts";
import { intendPush, recordPushed } from "../../publisher/mod.ts";
import type { PushDecision } from "../../publisher/mod.ts";
import { finishRollBack } from "./finish-roll-back.ts";
import { rollBack } from "./roll-back.ts";
import type { VersionRestorer } from "./version-restorer.ts";

const destination = "serving/penguins";
const token = targetToken(destination);
const subjects = subjectsOf("mr");

let directory: string;
let store: DirectoryStore;
let log: Log;
let restorer: VersionRestorer;
/** Stands for the sequences of blessings. */
let blessed: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rollback-"));
  store = new DirectoryStore(join(directory, "store"));
  log = new MemoryLog();
  restorer = versionRestorer(store, join(directory, "push"));
  blessed = 0;
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const modelOf = (letter: string): Promise<Artifact> =>
  commitFiles(store, letter, { "Format-Serving/model.json": letter }, { type: "Model" });

/** A pusher's first step. @param blessedSequence By default this model is blessed now. */
async function intend(letter: string, blessedSequence?: number, run = `run-${letter}`): Promise<PushDecision> {
  blessed = blessedSequence ?? (await log.leaderLastSequence());
  return intendPush(log, subjects, {
    pipeline: "penguins",
    run,
    node: "pushed",
    model: await modelOf(letter),
    destination: token,
    blessedSequence: blessed,
    startedSequence: blessed,
    claimEventId: "c".repeat(32),
  });
}

/** A whole push. @returns its version. */
async function push(letter: string): Promise<number> {
  // Something else happens in the log between a blessing and its push, and before the next.
  await log.append(subjects.dataset("other"), new Uint8Array());
  const decision = await intend(letter);
  if (decision.kind !== "intended") throw new Error(`not pushed: ${decision.kind}`);
  const { digest } = await modelOf(letter);
  const uri = await restorer.restore(
    { digest, directory: "Format-Serving" },
    destination,
    String(decision.push.version),
  );
  await recordPushed(log, subjects, token, decision.push, uri);
  return Number(decision.push.version);
}

const back = (to?: number, by: VersionRestorer = restorer) =>
  rollBack(log, by, { destination, reason: "it errs", ...(to === undefined ? {} : { to }) });

/** What a server that polls serves: the highest version's content. */
function served(): string {
  const versions = readdirSync(join(directory, "push", destination)).map(Number);
  return readFileSync(join(directory, "push", destination, String(Math.max(...versions)), "model.json"), "utf8");
}

async function bodies(): Promise<string[]> {
  const said: string[] = [];
  for await (const entry of log.read([subjects.target(token)])) said.push(decodeEvent(entry.data)?.body?.$case ?? "");
  return said;
}

describe("rollBack()", () => {
  it("serves the model before the served one, under a new highest version", async () => {
    const [a, b] = [await push("a"), await push("b")];
    const done = await back();
    expect(done).toMatchObject({
      from: { version: b },
      to: { version: a, run: "run-a" },
      changed: true,
      adopted: false,
    });
    expect(done.version).toBeGreaterThan(b);
    expect(served()).toBe("a");
    expect(await bodies()).toEqual(["pushIntended", "pushed", "pushIntended", "pushed", "pushIntended", "rolledBack"]);
    const last = decodeEvent((await log.get(done.sequence))?.data ?? new Uint8Array())?.body;
    expect(last).toMatchObject({ value: { reason: "it errs", undone: { version: BigInt(b) } } });
    const { uri } = (last?.value ?? {}) as { uri?: string };
    expect(readFileSync(join(fileURLToPath(uri ?? ""), "model.json"), "utf8")).toBe("a");
  });

  it("goes back further each time, and forward again by a version's name", async () => {
    const [a, b, c] = [await push("a"), await push("b"), await push("c")];
    expect((await back()).to.version).toBe(b);
    expect((await back()).to.version).toBe(a);
    await expect(back()).rejects.toMatchObject({
      code: "no-earlier-version",
      message: expect.stringContaining(`${c}, ${b}, ${a}`) as string,
    });
    expect((await back(c)).to.version).toBe(c);
    expect(served()).toBe("c");
  });

  it("does nothing when that model is served already", async () => {
    const a = await push("a");
    await push("b");
    const first = await back(a);
    const before = await log.leaderLastSequence();
    expect(await back(a)).toMatchObject({ changed: false, version: first.version, sequence: first.sequence });
    expect(await back(first.version)).toMatchObject({ changed: false, to: { version: a } });
    expect(await log.leaderLastSequence()).toBe(before);
  });

  it("refuses versions that were never pushed, naming those that were, and destinations that serve nothing", async () => {
    await expect(back()).rejects.toMatchObject({ code: "nothing-served" });
    const a = await push("a");
    const refused = back(a + 100);
    await expect(refused).rejects.toMatchObject({
      code: "unknown-version",
      message: expect.stringMatching(`Pushed were ${a}$`) as string,
    });
  });

  it("announces nothing that it can't serve, and says that the bytes are gone", async () => {
    await push("a");
    await push("b");
    rmSync(fileURLToPath(store.uriOf((await modelOf("a")).digest)), { recursive: true });
    const before = await log.leaderLastSequence();
    await expect(back()).rejects.toMatchObject({ code: "model-bytes-gone" });
    expect(await log.leaderLastSequence()).toBe(before);
  });

  it("finishes what someone began and did not finish, once, whoever comes next", async () => {
    const a = await push("a");
    await push("b");
    const away = { ...restorer, restore: () => Promise.reject(new Retryable("destination-unavailable", "away")) };
    await expect(back(undefined, away)).rejects.toMatchObject({ code: "destination-unavailable" });
    expect(served()).toBe("b");
    const results = await Promise.all([back(), back(a), back(a)]);
    expect(new Set(results.map(({ version }) => version)).size).toBe(1);
    expect(results[0]).toMatchObject({ to: { version: a }, adopted: true });
    expect(served()).toBe("a");
    expect((await bodies()).filter((kind) => kind === "rolledBack")).toHaveLength(1);
    const { state } = await foldChain(log, targetChain, subjects.target(token));
    expect(state.open).toEqual([]);
  });

  it("is found done by one who finishes it after another has", async () => {
    await push("a");
    await push("b");
    const done = await back();
    const subject = subjects.target(token);
    const { state } = await foldChain(log, targetChain, subject);
    const intent = state.served;
    if (intent === undefined) throw new Error("nothing is served");
    expect(await finishRollBack(log, restorer, { subject, destination, intent })).toMatchObject({
      sequence: done.sequence,
    });
  });

  it("withdraws an intent whose version can't be put in place, so that another can be tried", async () => {
    const a = await push("a");
    const b = await push("b");
    await push("c");
    const away = { ...restorer, restore: () => Promise.reject(new Retryable("destination-unavailable", "away")) };
    await expect(back(b, away)).rejects.toMatchObject({ code: "destination-unavailable" });
    rmSync(fileURLToPath(store.uriOf((await modelOf("b")).digest)), { recursive: true });
    await expect(back(a)).rejects.toMatchObject({ code: "model-bytes-gone" });
    expect(await back(a)).toMatchObject({ to: { version: a } });
    expect(served()).toBe("a");
  });
});

describe("a pusher beside a rollback", () => {
  it("of a model that was blessed before does not overtake it; of one blessed later does", async () => {
    const a = await push("a");
    const before = await log.leaderLastSequence();
    await push("b");
    const done = await back(a);
    expect(await intend("b", before, "again")).toMatchObject({
      kind: "outdated",
      by: { version: BigInt(done.version) },
    });
    expect(await intend("late", before)).toMatchObject({ kind: "outdated" });
    const c = await push("c");
    expect(served()).toBe("c");
    expect((await back()).to.version).toBe(a);
    expect(c).toBeGreaterThan(done.version);
  });

  it("that had intended before may end, and is not served", async () => {
    await push("a");
    await push("b");
    const late = await intend("late");
    if (late.kind !== "intended") throw new Error("not intended");
    await back();
    const { digest } = await modelOf("late");
    await restorer.restore({ digest, directory: "Format-Serving" }, destination, String(late.push.version));
    await recordPushed(log, subjects, token, late.push, "");
    expect(served()).toBe("a");
    const { state } = await foldChain(log, targetChain, subjects.target(token));
    expect(state.served?.restoredVersion).toBeDefined();
  });

  it("finds the restored model served, if it is that model's", async () => {
    await push("a");
    await push("b");
    const done = await back();
    expect(await intend("a", undefined, "again")).toMatchObject({
      kind: "served",
      push: { version: BigInt(done.version) },
    });
  });

  it("without validation pushes for runs that began after it, not before", async () => {
    await push("a");
    const started = await log.leaderLastSequence();
    await push("b");
    await back();
    const request = {
      pipeline: "penguins",
      run: "run-x",
      node: "pushed",
      model: await modelOf("x"),
      destination: token,
      blessedSequence: 0,
      claimEventId: "c".repeat(32),
    };
    expect(await intendPush(log, subjects, { ...request, startedSequence: started })).toMatchObject({
      kind: "outdated",
    });
    const later = { ...request, startedSequence: (await log.leaderLastSequence()) + 1 };
    expect(await intendPush(log, subjects, later)).toMatchObject({ kind: "intended" });
  });
});
