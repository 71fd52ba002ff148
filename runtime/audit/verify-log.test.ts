import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Event, JournalStatus } from "../contracts/millrace/event/v1/event.ts";
import { controlChain, controlEvent, decodeEvent, emptyChain, predecessorOf } from "../journal/mod.ts";
import { type LogEntry, MemoryLog, newEventId } from "../log/mod.ts";
import { journalOf, playedPlan, PlayedRuns, subjects } from "../testing/played-runs.ts";

// Agents at work on a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let runs: PlayedRuns;

beforeEach(() => {
  runs = new PlayedRuns();
});

afterEach(() => runs[Symbol.dispose]());

describe("verify() names a forged message:", () => {
  beforeEach(() => runs.play("r1"));

  it("bytes that are no event", async () => {
    await runs.log.append(journalOf("a"), Buffer.from("hello"));
    const sequence = await runs.log.leaderLastSequence();
    expect((await runs.verified()).problems).toMatchObject([
      { code: "undecodable-message", sequence, subject: journalOf("a") },
    ]);
  });

  it("an event that does not name the one before it", async () => {
    const event = controlEvent(emptyChain(controlChain), { $case: "nudged", value: { reason: "silent" } });
    await runs.append(subjects.control("p", "r1"), event);
    expect(await runs.codes()).toEqual([]);
    await runs.append(subjects.control("p", "r1"), event);
    expect(await runs.codes()).toEqual(["wrong-predecessor"]);
  });

  it("an event that names the right one at a wrong sequence", async () => {
    const forged = await runs.withEvent(journalOf("a"), 1, (event) => ({
      ...event,
      previous: { eventId: event.previous?.eventId ?? "", sequence: 1n },
    }));
    expect(await runs.codes(forged)).toEqual(["wrong-predecessor"]);
  });

  it("an event whose writer expected nothing, well-formed as it is", async () => {
    const event = controlEvent(emptyChain(controlChain), { $case: "nudged", value: { reason: "silent" } });
    await runs.log.append(subjects.control("p", "r1"), Event.encode({ id: newEventId(), ...event }).finish());
    expect(await runs.codes()).toEqual(["unsealed-event"]);
    await runs.append(subjects.control("p", "r1"), event);
    expect(await runs.codes()).toEqual(["unsealed-event"]);
  });

  it("an event that has no place where it stands", async () => {
    const last = await runs.log.leaderLastOf(journalOf("b"));
    const head = last && { sequence: last.sequence, eventId: decodeEvent(last.data)?.id ?? "" };
    const value = { input: "", causeNode: "", reason: "" };
    await runs.append(journalOf("b"), { previous: predecessorOf(head), body: { $case: "skipped", value } });
    expect(await runs.codes()).toEqual(["illegal-event"]);
    await runs.append(subjects.pipeline("p"), { body: { $case: "nudged", value: { reason: "" } } });
    expect(await runs.codes()).toEqual(["illegal-event", "misplaced-event"]);
  });

  it.each([
    ["attempts", { attempts: 7 }],
    ["epoch", { epoch: 1 }],
    ["status", { status: JournalStatus.JOURNAL_STATUS_FAILED }],
    ["claim", { claimEventId: "0".repeat(32) }],
    ["claim's sequence", { claimSequence: 1n }],
  ])("a journal's state with other %s than the fold's", async (_case, wrong) => {
    const forged = await runs.withEvent(journalOf("a"), 1, (event) => {
      if (event.state?.chain?.$case !== "journal") throw new Error("a journal's event carries its state");
      return { ...event, state: { chain: { $case: "journal", value: { ...event.state.chain.value, ...wrong } } } };
    });
    expect(await runs.codes(forged)).toEqual(["wrong-state"]);
  });

  it("a chain's state that is not the fold's, on every kind of chain", async () => {
    const control = controlEvent(emptyChain(controlChain), { $case: "nudged", value: { reason: "silent" } });
    const value = { epoch: 3, cancelRequested: true, nudges: 0, plan: undefined, cancelReason: "" };
    await runs.append(subjects.control("p", "r1"), { ...control, state: { chain: { $case: "control", value } } });
    const forged = await runs.changed((entry) => {
      const event = decodeEvent(entry.data);
      return event?.state && !entry.subject.includes("journal")
        ? [{ ...entry, data: Event.encode({ ...event, state: undefined }).finish() }]
        : [entry];
    });
    const subjectsNamed = (await runs.verified(forged)).problems.map(({ subject }) => subject?.split(".").at(1));
    expect(new Set(subjectsNamed)).toEqual(new Set(["pipeline", "run", "cache"]));
    expect(new Set(await runs.codes(forged))).toEqual(new Set(["wrong-state"]));
    expect(await runs.codes()).toEqual(["wrong-state"]);
  });

  it("an outcome before its journals", async () => {
    const outcome = (await runs.log.leaderLastOf(subjects.outcome("p", "r1"))) as LogEntry;
    const early = await runs.changed((entry) => {
      if (entry.subject === outcome.subject) return [];
      return entry.subject === journalOf("a") && decodeEvent(entry.data)?.body?.$case === "claimed"
        ? [entry, outcome]
        : [entry];
    });
    expect(await runs.codes(early)).toContain("outcome-early");
  });

  it("an outcome of another kind than its journals give", async () => {
    const forged = await runs.withEvent(subjects.outcome("p", "r1"), 0, (event) => {
      if (event.body?.$case !== "runSucceeded") throw new Error("the run succeeded");
      const body = { $case: "runFailed" as const, value: { ...event.body.value, node: "a", code: "x", message: "y" } };
      return { ...event, body, state: { chain: { $case: "outcome", value: { epoch: 0, kind: 2 } } } };
    });
    expect(await runs.codes(forged)).toEqual(["outcome-differs"]);
  });

  it("an artifact that nobody completed with, and one that is another", async () => {
    const subject = subjects.artifact("p", "r1", "a", "a", "A", "out");
    const artifact = { type: "A", digest: `sha256:${"0".repeat(64)}`, bytes: 1n, files: 1, properties: {} };
    const forged = await runs.withEvent(subject, 0, (event) => {
      if (event.body?.$case !== "artifactProduced") throw new Error("a produced its output");
      return { ...event, body: { $case: "artifactProduced", value: { ...event.body.value, artifact } } };
    });
    expect(await runs.codes(forged)).toEqual(["artifact-differs", "artifact-missing"]);
    const value = { cause: { sequence: 1n, eventId: newEventId() }, epoch: 0, reason: "" };
    await runs.append(subject, { body: { $case: "artifactVoided", value } });
    expect(await runs.codes()).toEqual(["artifact-without-outcome"]);
  });

  it("a second start, and messages of a run without any", async () => {
    const started = (await runs.log.leaderLastOf(subjects.started("p", "r1"))) as LogEntry;
    await runs.log.append(started.subject, started.data);
    expect(await runs.codes()).toEqual(["unsealed-event", "second-start"]);
    const without = await runs.changed((entry) => (entry.subject === started.subject ? [] : [entry]));
    expect(await runs.codes(without)).toContain("run-without-start");
  });

  it("a resume that no outcome precedes", async () => {
    const body = {
      $case: "resumed" as const,
      value: { outcome: { sequence: 1n, eventId: newEventId() }, reason: "", plan: undefined },
    };
    await runs.append(subjects.control("p", "r1"), controlEvent(emptyChain(controlChain), body));
    expect(await runs.codes()).toEqual(["resumed-without-outcome"]);
  });

  it("a plan that is not the one its digest is of", async () => {
    const forged = await runs.withEvent(subjects.pipeline("p"), 0, (event) => {
      if (event.body?.$case !== "pipelineRegistered") throw new Error("the pipeline was registered");
      return {
        ...event,
        body: { $case: "pipelineRegistered", value: { ...event.body.value, plan: { ...playedPlan, seed: 9n } } },
      };
    });
    expect(await runs.codes(forged)).toEqual(["plan-differs"]);
  });

  it("a cache entry of an execution that there is not", async () => {
    const entry = (await runs.entries()).find(({ subject }) => subject.startsWith("mr.cache.a.")) as LogEntry;
    const forged = await runs.withEvent(entry.subject, 0, (event) => {
      if (event.body?.$case !== "cacheEntry" || event.body.value.execution === undefined) throw new Error("an entry");
      const execution = { ...event.body.value.execution, completedEventId: newEventId() };
      return { ...event, body: { $case: "cacheEntry", value: { ...event.body.value, execution } } };
    });
    expect(await runs.codes(forged)).toEqual(["execution-missing"]);
  });

  it("a message that is missing", async () => {
    const whole = runs.log;
    const gappy = Object.assign(new MemoryLog(), {
      leaderLastSequence: () => whole.leaderLastSequence(),
      get: (sequence: number) => whole.get(sequence),
      async *read(filters: readonly string[], range: object) {
        for await (const entry of whole.read(filters, range))
          if (entry.subject !== subjects.outcome("p", "r1")) yield entry;
      },
    });
    expect((await runs.verified(gappy)).problems).toMatchObject([{ code: "gap" }]);
  });
});
