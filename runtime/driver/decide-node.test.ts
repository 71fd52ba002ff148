import { CacheMiss, RunKind } from "../contracts/millrace/event/v1/event.ts";
import type { RunOptions } from "../contracts/millrace/event/v1/event.ts";
import { describe, expect, it } from "vitest";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { controlChain, emptyChain, emptyJournal, outcomeChain, blessedChain } from "../journal/mod.ts";
import type { BlessedModel, Control, Journal } from "../journal/mod.ts";
import { testPlan, testPlanDigest } from "../testing/plans.ts";
import { decideNode } from "./decide-node.ts";
import type { NodeDecision } from "./decide-node.ts";
import type { FanOut, PlacedNode, Snapshot } from "./snapshot.ts";

const plan: Plan = testPlan("p", {
  a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } },
  b: { inputs: { a: "a.out:A" }, outputs: { out: "B" }, attemptsMax: 2 },
  c: { inputs: { a: "a.out:A", b: "b.out:B?" }, outputs: { model: "Model" } },
  validate: { inputs: { model: "c.model:Model", baseline: "@last-blessed-model:Model" }, externalEffects: true },
  timed: { inputs: { data: "source.dataset:Dataset" }, nodeTimeoutMs: 90_000 },
});

const artifact = (type: string, digit: string): Artifact => ({
  type,
  digest: `sha256:${digit.repeat(64)}`,
  bytes: 1n,
  files: 1,
  properties: {},
});

const nowMs = 1_000_000;
const head = (sequence: number) => ({ eventId: `event-${sequence}`, sequence, timeMs: nowMs - 1_000 });

const completed = (sequence: number, output?: { name: string; artifact: Artifact }): Journal => ({
  ...emptyJournal,
  phase: "completed",
  expect: sequence,
  head: head(sequence),
  completed: {
    claimEventId: "",
    outputs: output ? [output] : [],
    reused: undefined,
    metrics: {},
    environment: undefined,
    inputs: [],
    cacheKey: "",
    note: "",
  },
});

const ended = (phase: "failed" | "skipped" | "cancelled", sequence: number, epoch = 0): Journal => ({
  ...emptyJournal,
  phase,
  epoch,
  expect: sequence,
  head: head(sequence),
  reason: "enough",
});

interface ClaimMore {
  readonly timeMs?: number;
  readonly attempts?: number;
  readonly firstClaimedMs?: number;
}

const claimed = (sequence: number, trigger: number, more: ClaimMore = {}): Journal => {
  const at = { ...head(sequence), timeMs: more.timeMs ?? nowMs - 1_000 };
  const body = {
    attempt: 1,
    durable: "d",
    triggerSequence: BigInt(trigger),
    inputs: [],
    environment: undefined,
    cacheKey: "",
    blessedSequence: 0n,
    cacheMiss: CacheMiss.CACHE_MISS_UNSPECIFIED,
  };
  return {
    ...emptyJournal,
    phase: "claimed",
    attempts: more.attempts ?? 1,
    expect: sequence,
    head: at,
    claim: { ...at, body },
    firstClaimedMs: more.firstClaimedMs ?? at.timeMs,
  };
};

interface Given {
  readonly journals?: Readonly<Record<string, Journal>>;
  readonly control?: Partial<Control>;
  readonly outcomeEpoch?: number;
  readonly fanOut?: Readonly<Record<string, FanOut>>;
  readonly blessed?: readonly BlessedModel[];
  readonly running?: readonly string[];
  readonly options?: Partial<RunOptions>;
}

const ordinary: RunOptions = {
  noCache: false,
  originRun: "",
  noEffects: false,
  kind: RunKind.RUN_KIND_UNSPECIFIED,
  takenNodes: [],
  pinnedInputs: [],
};

/** What node `name` does on trigger 7 of durable `d`, given the run's state. */
function decide(name: string, given: Given): NodeDecision {
  const node = plan.nodes.find((other) => other.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  const placed: PlacedNode = { plan, planDigest: testPlanDigest(plan), node };
  const snapshot: Snapshot = {
    pipeline: "p",
    run: "r",
    started: {
      pipeline: "p",
      run: "r",
      planDigest: placed.planDigest,
      planSequence: 1n,
      planEventId: "",
      datasetSequence: 2n,
      datasetEventDigest: "",
      dataset: artifact("Dataset", "0"),
      seed: 7n,
      options: given.options && { ...ordinary, ...given.options },
      planArtifactDigest: "",
      trigger: "",
    },
    startedSequence: 3,
    startedEventId: "started",
    control: {
      ...emptyChain(controlChain),
      state: { epoch: 0, cancelRequested: false, cancelReason: "", nudges: 0, plan: undefined, ...given.control },
    },
    outcome: {
      ...emptyChain(outcomeChain),
      state: {
        epoch: given.outcomeEpoch ?? -1,
        kind: given.outcomeEpoch === undefined ? "none" : "failed",
        reason: undefined,
      },
    },
    journals: new Map(Object.entries(given.journals ?? {})),
    fanOut: new Map(Object.entries(given.fanOut ?? {})),
    blessed: { ...emptyChain(blessedChain), state: given.blessed ?? [] },
  };
  return decideNode(placed, snapshot, {
    trigger: { durable: "d", sequence: 107 },
    nowMs,
    isRunning: (claim) => given.running?.includes(claim) ?? false,
  });
}

const retrying = (dueMs: number): Journal => ({ ...ended("failed", 20), phase: "retrying", attempts: 1, dueMs });

const standing = (causeEventId: string): Record<string, FanOut> => ({
  out: { sequence: 21, kind: "produced", causeEventId },
});

const madeA = completed(10, { name: "out", artifact: artifact("A", "a") });
const madeB = completed(20, { name: "out", artifact: artifact("B", "b") });

describe("decideNode() of an open node", () => {
  it("runs a node on the dataset that started the run", () => {
    expect(decide("a", {})).toMatchObject({
      kind: "run",
      inputs: [{ name: "data", fromNode: "source", artifact: { type: "Dataset" }, causeSequence: 3n }],
    });
  });

  it("does nothing while an input is unsettled, even if another has come", () => {
    expect(decide("c", { journals: { a: madeA } })).toMatchObject({ kind: "nothing", because: "waiting for b from b" });
  });

  it("runs when every input is there", () => {
    const decision = decide("c", { journals: { a: madeA, b: madeB } });
    expect(decision).toMatchObject({ kind: "run", inputs: [{ causeSequence: 10n }, { causeSequence: 20n }] });
  });

  it("runs without an optional input that its producer left out", () => {
    const decision = decide("c", { journals: { a: madeA, b: completed(20) } });
    expect(decision).toMatchObject({ kind: "run", inputs: [{}, { name: "b", artifact: undefined }] });
  });

  it.each(["failed", "skipped", "cancelled"] as const)(
    "is skipped when a producer was %s, optional or not",
    (phase) => {
      expect(decide("c", { journals: { a: madeA, b: ended(phase, 20) } })).toMatchObject({
        kind: "skip",
        skipped: { input: "b", causeNode: "b" },
      });
    },
  );

  it("waits for a producer that is open again since a resume", () => {
    const journals = { a: madeA, b: ended("failed", 20, 0) };
    expect(decide("c", { journals, control: { epoch: 1 } })).toMatchObject({ kind: "nothing" });
  });

  it("pins as baseline the last blessed model that is not the candidate", () => {
    const made = completed(30, { name: "model", artifact: artifact("Model", "c") });
    const blessed = [
      { model: artifact("Model", "c"), run: "r0", node: "validate", sequence: 50 },
      { model: artifact("Model", "d"), run: "r1", node: "validate", sequence: 40 },
    ];
    expect(decide("validate", { journals: { c: made }, blessed })).toMatchObject({
      kind: "run",
      inputs: [
        { name: "model" },
        { name: "baseline", artifact: { digest: `sha256:${"d".repeat(64)}` }, causeSequence: 40n },
      ],
    });
  });

  it("takes the baseline that is pinned for it, whatever was blessed since, or that there was none", () => {
    const made = completed(30, { name: "model", artifact: artifact("Model", "c") });
    const blessed = [{ model: artifact("Model", "d"), run: "r1", node: "validate", sequence: 40 }];
    for (const pinned of [artifact("Model", "e"), undefined]) {
      const options = { pinnedInputs: [{ node: "validate", input: "baseline", artifact: pinned }] };
      expect(decide("validate", { journals: { c: made }, blessed, options })).toMatchObject({
        kind: "run",
        inputs: [{ name: "model" }, { name: "baseline", artifact: pinned }],
      });
    }
  });

  it("is taken from the origin when a fork says so, once its inputs are there", () => {
    const options = { kind: RunKind.RUN_KIND_FORK, originRun: "r0", takenNodes: ["b"] };
    expect(decide("b", { options })).toMatchObject({ kind: "nothing" });
    expect(decide("b", { journals: { a: madeA }, options })).toMatchObject({ kind: "take", inputs: [{ name: "a" }] });
    expect(decide("b", { journals: { a: ended("failed", 10) }, options })).toMatchObject({ kind: "skip" });
    expect(decide("b", { journals: { a: madeA }, options, control: { cancelRequested: true } })).toMatchObject({
      kind: "cancel",
    });
    expect(decide("c", { journals: { a: madeA, b: madeB }, options })).toMatchObject({ kind: "run" });
  });

  it("is left to a later message by one that precedes the end of a producer, or of the epoch before", () => {
    const late = completed(200, { name: "out", artifact: artifact("A", "a") });
    expect(decide("b", { journals: { a: late } })).toMatchObject({ kind: "nothing" });
  });

  it("is cancelled when the run is, whatever its inputs", () => {
    expect(decide("c", { control: { cancelRequested: true } })).toMatchObject({ kind: "cancel" });
  });

  it("comes again when a retry is not due, and runs when it is", () => {
    expect(decide("b", { journals: { a: madeA, b: retrying(nowMs + 250) } })).toEqual({ kind: "later", delayMs: 250 });
    expect(decide("b", { journals: { a: madeA, b: retrying(nowMs - 1) } })).toMatchObject({ kind: "run" });
  });

  it("does nothing once the run has ended in this epoch", () => {
    expect(decide("b", { journals: { a: madeA }, outcomeEpoch: 0 })).toMatchObject({ kind: "nothing" });
  });
});

describe("decideNode() of a claimed node", () => {
  it("leaves a live claim by another trigger alone", () => {
    expect(decide("b", { journals: { a: madeA, b: claimed(20, 6) } })).toMatchObject({ kind: "nothing" });
  });

  it("takes the very delivery that claimed, where nothing runs, as the lapse of its lease", () => {
    expect(decide("b", { journals: { a: madeA, b: claimed(20, 107) } })).toMatchObject({ kind: "run" });
  });

  it("joins its own running claim", () => {
    const decision = decide("b", { journals: { a: madeA, b: claimed(20, 107) }, running: ["event-20"] });
    expect(decision).toEqual({ kind: "ours", claimEventId: "event-20" });
  });

  it("takes a claim older than an attempt may take as lapsed, for any trigger", () => {
    const old = claimed(20, 6, { timeMs: nowMs - 60_001 });
    expect(decide("b", { journals: { a: madeA, b: old } })).toMatchObject({ kind: "run" });
  });

  it("gives up a lapsed claim when no attempt is left", () => {
    const last = claimed(20, 107, { attempts: 2 });
    expect(decide("b", { journals: { a: madeA, b: last } })).toEqual({
      kind: "give-up",
      claimEventId: "event-20",
      attempts: 2,
      because: "attempts-exhausted",
    });
  });

  it("gives up a lapsed claim when its node's time is over, whatever attempts are left", () => {
    const late = claimed(20, 107, { firstClaimedMs: nowMs - 90_000 });
    expect(decide("timed", { journals: { timed: late } })).toMatchObject({ kind: "give-up", because: "node-timeout" });
    const early = claimed(20, 107, { firstClaimedMs: nowMs - 89_999 });
    expect(decide("timed", { journals: { timed: early } })).toMatchObject({ kind: "run" });
  });

  it("takes a claim as lapsed at the end of its node's time, even if an attempt may take longer", () => {
    const decisions = [29_000, 31_000].map((ageMs) => {
      const timed = claimed(20, 6, { timeMs: nowMs - ageMs, firstClaimedMs: nowMs - ageMs - 60_000 });
      return decide("timed", { journals: { timed } }).kind;
    });
    expect(decisions).toEqual(["nothing", "give-up"]);
  });

  it("does not cancel a lapsed claim that may have acted outside: its next claim finds out", () => {
    const made = completed(30, { name: "model", artifact: artifact("Model", "c") });
    const journals = { c: made, validate: claimed(40, 107) };
    expect(decide("validate", { journals, control: { cancelRequested: true } })).toMatchObject({
      kind: "run",
      cancelRequested: true,
    });
  });

  it("does not cancel a retry that may have acted outside either, and does not wait for it to be due", () => {
    const made = completed(30, { name: "model", artifact: artifact("Model", "c") });
    const journals = { c: made, validate: retrying(nowMs + 60_000) };
    expect(decide("validate", { journals, control: { cancelRequested: true } })).toMatchObject({ kind: "run" });
  });
});

describe("decideNode() of an ended node", () => {
  it("finds nothing missing behind a whole fan-out", () => {
    expect(decide("b", { journals: { a: madeA, b: madeB }, fanOut: standing("event-20") })).toEqual({
      kind: "ended",
      missing: [],
      checkRunEnd: false,
    });
  });

  it("names the outputs whose message is missing, or is of another outcome", () => {
    for (const fanOut of [{}, standing("event-5")])
      expect(decide("b", { journals: { a: madeA, b: madeB }, fanOut })).toMatchObject({
        kind: "ended",
        missing: [{ output: "out", produced: { type: "B" } }],
      });
  });

  it("voids the outputs of a failed node", () => {
    expect(decide("b", { journals: { a: madeA, b: ended("failed", 20) } })).toMatchObject({
      kind: "ended",
      missing: [{ output: "out", produced: undefined, reason: expect.stringContaining("b failed") as string }],
    });
  });

  it("checks the run's end at a sink, until the outcome is there", () => {
    const journals = { c: completed(30), validate: completed(40) };
    expect(decide("validate", { journals })).toMatchObject({ kind: "ended", checkRunEnd: true });
    expect(decide("validate", { journals, outcomeEpoch: 0 })).toMatchObject({ kind: "ended", checkRunEnd: false });
  });
});
