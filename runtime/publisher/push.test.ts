import { beforeEach, describe, expect, it } from "vitest";
import { targetChain } from "../journal/mod.ts";
import { MemoryLog, subjectsOf } from "../log/mod.ts";
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

  it("intends anew for another model of the same run, as after its mended code was resumed", async () => {
    const version = await push("one");
    const decision = await intend("one", "mended model");
    expect(decision).toMatchObject({ kind: "intended", adopted: false });
    expect(decision.kind === "intended" && decision.push.version > version).toBe(true);
  });
});
