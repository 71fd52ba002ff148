import type { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { reproduceRun } from "millrace/control";
import { decodeEvent } from "millrace/journal";
import { appendEvent, type Consumption, type Log, type LogEntry, newEventId } from "millrace/log";
import { ModelStack } from "millrace/testing";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { consumeDerivedRuns, type DerivedRunsContext, handleDerivedRun } from "./derived-runs.ts";

let stack: ModelStack;
let context: DerivedRunsContext;
let replicas: Consumption[];

beforeEach(async () => {
  stack = await ModelStack.start();
  const { log, subjects, store, plans } = stack;
  context = { log, subjects, store, plans, logger: pino({ level: "silent" }) };
  replicas = [];
  await stack.runOn("r1", "one");
});

afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.drain()));
  await stack[Symbol.asyncDispose]();
});

async function startReplicas(count: number): Promise<void> {
  for (let index = 0; index < count; index++) replicas.push(await consumeDerivedRuns(context));
}

function reproduce(log: Log = stack.log) {
  const { plans, store } = stack;
  return reproduceRun({ log, plans, has: (digest) => store.has(digest) }, { pipeline: "p", run: "r1" });
}

/** The first verdict of a run, waited for. */
async function verdictOn(run: string): Promise<NonNullable<Event["body"]> | undefined> {
  const stop = new AbortController();
  for await (const { data } of stack.log.follow([stack.subjects.verdict("p", run)], { signal: stop.signal })) {
    stop.abort();
    return decodeEvent(data)?.body;
  }
  return undefined;
}

/** A log whose user dies before it announces a dataset. */
function dying(log: Log): Log {
  return new Proxy(log, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "append") return member.bind(target);
      return (...given: Parameters<Log["append"]>) =>
        given[0].includes(".artifact.") ? Promise.reject(new Error("killed")) : target.append(...given);
    },
  });
}

/** Delivers a message, and says how it was settled. */
async function deliver(entry: LogEntry): Promise<string> {
  let settled = "dropped";
  await handleDerivedRun(context, {
    entry,
    count: 1,
    receivedAt: 0,
    ack: () => void (settled = "ack"),
    nak: () => void (settled = "nak"),
    term: () => void (settled = "term"),
    working: () => undefined,
  });
  return settled;
}

describe("consumeDerivedRuns()", () => {
  it("appends one verdict of a reproduction that ended, of however many replicas", async () => {
    await startReplicas(3);
    const { run } = await reproduce();
    expect(await verdictOn(run)).toMatchObject({
      $case: "reproductionVerdict",
      value: { originalRun: "r1", reproduced: true },
    });
    await Promise.all(replicas.map((replica) => replica.drain()));
    expect(await stack.bodies(stack.subjects.verdict("p", run))).toHaveLength(1);
  });

  it("judges what ended while no replica ran", async () => {
    const { run } = await reproduce();
    await stack.outcome(run);
    await startReplicas(1);
    expect(await verdictOn(run)).toMatchObject({ value: { reproduced: true } });
  });

  it("announces the dataset of a run whose caller died behind its start, so that it runs", async () => {
    await expect(reproduce(dying(stack.log))).rejects.toThrow("killed");
    const starts: LogEntry[] = [];
    for await (const entry of stack.log.read([stack.subjects.filters.started])) starts.push(entry);
    const run = starts.at(-1)?.subject.split(".")[3] ?? "";
    expect(await stack.bodies(stack.subjects.filters.run("p", run))).toHaveLength(1);
    await startReplicas(2);
    expect(await verdictOn(run)).toMatchObject({ value: { reproduced: true } });
  });
});

describe("handleDerivedRun()", () => {
  it("leaves ordinary runs alone", async () => {
    const before = await stack.log.leaderLastSequence();
    for await (const entry of stack.log.read([stack.subjects.filters.run("p", "r1")]))
      expect(await deliver(entry)).toBe("ack");
    expect(await stack.log.leaderLastSequence()).toBe(before);
  });

  it("neither announces nor judges copies that an import brought", async () => {
    const { run } = await reproduce();
    await stack.outcome(run);
    const copies: LogEntry[] = [];
    for await (const entry of stack.log.read([stack.subjects.started("p", run), stack.subjects.outcome("p", run)])) {
      const event = decodeEvent(entry.data);
      if (event === undefined) throw new Error("a run's own messages decode");
      const subject = entry.subject.replace(run, "c".repeat(32));
      const copy = { ...event, id: newEventId(), importedFrom: { sequence: 1n, timeMs: 1n, wholeLog: false } };
      await appendEvent(stack.log, subject, copy);
      const last = await stack.log.leaderLastOf(subject);
      if (last) copies.push(last);
    }
    const before = await stack.log.leaderLastSequence();
    for (const entry of copies) expect(await deliver(entry)).toBe("ack");
    expect(copies).toHaveLength(2);
    expect(await stack.log.leaderLastSequence()).toBe(before);
  });

  it("gives up a reproduction whose original is not in the log, once", async () => {
    const { run } = await reproduce();
    const outcome = await stack.outcome(run);
    const empty = { ...context, log: withoutRun(stack.log, "r1") };
    let settled = "";
    await handleDerivedRun(empty, {
      entry: outcome,
      count: 1,
      receivedAt: 0,
      ack: () => void (settled = "ack"),
      nak: () => void (settled = "nak"),
      term: (reason) => void (settled = `term ${reason}`),
      working: () => undefined,
    });
    expect(settled).toBe("term unknown-run");
  });
});

/** The log as if a run had never been. */
function withoutRun(log: Log, run: string): Log {
  return new Proxy(log, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "read") return member.bind(target);
      return async function* read(...given: Parameters<Log["read"]>) {
        for await (const entry of target.read(...given)) if (!entry.subject.includes(`.${run}.`)) yield entry;
      };
    },
  });
}
