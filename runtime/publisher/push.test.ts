import { beforeEach, describe, expect, it } from "vitest";
import { emptyChain, outcomeChain, outcomeEvent, targetChain } from "../journal/mod.ts";
import { appendEvent, MemoryLog, newEventId, subjectsOf } from "../log/mod.ts";
import { foldChain } from "../projections/mod.ts";
import { intendPush, type PushDecision, recordPushed } from "./push.ts";

const subjects = subjectsOf("mr");
const destination = "serving";
let log: MemoryLog;

beforeEach(() => {
  log = new MemoryLog();
});

function intend(run: string, model = `model of ${run}`, claimEventId = `claim of ${run}`): Promise<PushDecision> {
  const artifact = { type: "Model", digest: model, bytes: 1n, files: 1, properties: {} };
  const request = { pipeline: "p", run, node: "push", model: artifact, destination, claimEventId };
  return intendPush(log, subjects, { ...request, blessedSequence: 0, startedSequence: 1 });
}

async function push(run: string): Promise<bigint> {
  const decision = await intend(run);
  if (decision.kind !== "intended") throw new Error(`${run} may not push: ${decision.kind}`);
  await recordPushed(log, subjects, destination, decision.push, "file:///serving");
  return decision.push.version;
}

describe("intendPush()", () => {
  it("gives a claim after a crash its run's open intent", async () => {
    expect(await intend("one")).toMatchObject({ kind: "intended", adopted: false, push: { version: 1n } });
    const again = await intend("one", "model of one", "a later claim");
    expect(again).toMatchObject({ kind: "intended", adopted: true, push: { version: 1n } });
  });

  it("gives a claim after a crash its run's recorded push, though another run has pushed since", async () => {
    const version = await push("one");
    const newest = await push("two");
    expect(await intend("one", "model of one", "a later claim")).toMatchObject({
      kind: "intended",
      adopted: true,
      push: { version, run: "one" },
    });
    await push("one");
    const { state } = await foldChain(log, targetChain, subjects.target(destination));
    expect(state.served?.version).toBe(newest);
    expect(state.open).toEqual([]);
    expect(await log.leaderLastSequence()).toBe(4);
  });

  it("waits for another run that is pushing this very model, and serves it once that has", async () => {
    const first = await intend("one", "the model");
    expect(await intend("two", "the model")).toMatchObject({ kind: "under-way", by: { run: "one", version: 1n } });
    if (first.kind === "intended") await recordPushed(log, subjects, destination, first.push, "file:///serving");
    expect(await intend("two", "the model")).toMatchObject({ kind: "served", push: { run: "one" } });
  });

  it("does not wait for a run that ended in the middle of its push", async () => {
    await intend("one", "the model");
    const body = { $case: "runFailed" as const, value: { epoch: 0, heads: [], node: "push", code: "", message: "" } };
    const event = { id: newEventId(), ...outcomeEvent(emptyChain(outcomeChain), body) };
    await appendEvent(log, subjects.outcome("p", "one"), event, { expectLastSequence: 0 });
    expect(await intend("two", "the model")).toMatchObject({ kind: "intended", push: { run: "two" } });
  });

  it("intends anew for another model of the same run, as after its mended code was resumed", async () => {
    const version = await push("one");
    const decision = await intend("one", "mended model");
    expect(decision).toMatchObject({ kind: "intended", adopted: false });
    expect(decision.kind === "intended" && decision.push.version > version).toBe(true);
  });
});
