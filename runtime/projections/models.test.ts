import { beforeAll, describe, expect, it } from "vitest";
import type { Event, Push } from "../contracts/millrace/event/v1/event.ts";
import { targetChain, targetEvent } from "../journal/mod.ts";
import { appendEvent, ManualClock, MemoryLog, newEventId, subjectsOf } from "../log/mod.ts";
import { targetToken } from "../model/mod.ts";
import { historyRun, writeHistories } from "../testing/history/write-histories.ts";
import { readBlessed } from "./blessed-model.ts";
import { readPushed } from "./pushed-models.ts";
import { foldChain } from "./read-chain.ts";

const subjects = subjectsOf("mr");
const destination = { destination: "serving/penguins", token: targetToken("serving/penguins") };
const uriOf = (digest: string) => `test:${digest}`;

let log: MemoryLog;
let last: number;

beforeAll(async () => {
  log = new MemoryLog();
  await writeHistories(log, 3, () => "succeeded");
  last = await log.leaderLastSequence();
});

const sequencesOf = async (subject: string): Promise<number[]> => {
  const found: number[] = [];
  for await (const { sequence } of log.read([subject], { to: last })) found.push(sequence);
  return found;
};

describe("readBlessed()", () => {
  it("gives the model that was blessed last, when and by whom, and its baseline before it", async () => {
    const blessings = await sequencesOf(subjects.blessed("penguins"));
    const answer = await readBlessed(log, "penguins", last, uriOf);
    expect(answer.model).toMatchObject({ run: historyRun(2), node: "blessing", sequence: blessings.at(-1) });
    expect(answer.model?.blessedAt).toBe((await log.get(blessings.at(-1) ?? 0))?.timeMs);
    expect(answer.previous?.sequence).toBe(blessings.at(-2));
    expect(answer.model?.baseline).toBe(answer.previous?.digest);
    expect(answer.model?.uri).toBe(`test:${answer.model?.digest}`);
  });

  it("gives the one of an earlier moment, and none before the first", async () => {
    const [first = 0, second = 0] = await sequencesOf(subjects.blessed("penguins"));
    expect(await readBlessed(log, "penguins", second - 1, uriOf)).toMatchObject({
      model: { sequence: first, run: historyRun(0), baseline: null },
      previous: null,
      atSequence: second - 1,
    });
    expect(await readBlessed(log, "penguins", first - 1, uriOf)).toMatchObject({ model: null, previous: null });
  });
});

describe("readPushed()", () => {
  it("gives what is served and every version before, newest first", async () => {
    const answer = await readPushed(log, destination, last, uriOf);
    expect(answer.history.map(({ state, run }) => [state, run])).toEqual([
      ["served", historyRun(2)],
      ["superseded", historyRun(1)],
      ["superseded", historyRun(0)],
    ]);
    expect(answer.served?.version).toBe(answer.history[0]?.version);
    expect(answer.served?.since).toBe(answer.served?.pushedAt);
  });

  it("gives at any message what the chain cut there says", async () => {
    const messages = await sequencesOf(subjects.target(destination.token));
    for (const to of messages) {
      const answer = await readPushed(log, destination, to, uriOf);
      const { state } = await foldChain(log, targetChain, subjects.target(destination.token), to);
      expect(answer.served?.version ?? null).toBe(state.served ? Number(state.served.version) : null);
      expect(answer.history.filter((version) => version.state === "intended")).toHaveLength(state.open.length);
    }
    expect(await readPushed(log, destination, (messages[0] ?? 0) - 1, uriOf)).toMatchObject({
      served: null,
      history: [],
    });
  });

  it("tells of a withdrawn push and of a rollback, each with its reason", async () => {
    const clock = new ManualClock(1_000);
    const own = new MemoryLog({ clock });
    const subject = subjects.target(destination.token);
    const write = async (body: Parameters<typeof targetEvent>[1]): Promise<number> => {
      const chain = await foldChain(own, targetChain, subject);
      const event: Event = { id: newEventId(), ...targetEvent(chain, body) };
      const appended = await appendEvent(own, subject, event, { expectLastSequence: chain.expect });
      return appended.kind === "appended" ? appended.sequence : 0;
    };
    const intend = (of: Push) => write({ $case: "pushIntended", value: { push: of, claimEventId: "c" } });
    const pushNow = async (run: string): Promise<Push> => {
      const done = { ...push(run), version: BigInt(await intend(push(run))) };
      await write({ $case: "pushed", value: { push: done, uri: `place/${done.version}` } });
      return done;
    };
    const first = await pushNow("one");
    const second = await pushNow("two");
    const third = { ...push("three"), version: BigInt(await intend(push("three"))) };
    await write({ $case: "rolledBack", value: { undone: third, served: undefined, reason: "its work failed" } });
    const again = { ...push("one"), restoredVersion: first.version };
    const intended = BigInt(
      await write({ $case: "pushIntended", value: { push: again, claimEventId: "", reason: "bad predictions" } }),
    );
    const served = { ...again, version: intended, blessedSequence: intended };
    await write({
      $case: "rolledBack",
      value: { undone: second, served, reason: "bad predictions", uri: `place/${intended}` },
    });
    const answer = await readPushed(own, destination, Number.MAX_SAFE_INTEGER, uriOf);
    expect(answer.history.map(({ version, state, reason, uri }) => [version, state, reason, uri])).toEqual([
      [Number(intended), "served", "bad predictions", `place/${intended}`],
      [Number(third.version), "withdrawn", "its work failed", null],
      [Number(second.version), "rolled-back", null, `place/${second.version}`],
      [Number(first.version), "superseded", null, `place/${first.version}`],
    ]);
    expect(answer.served).toMatchObject({ digest: "sha256:one", restoredVersion: Number(first.version) });
  });
});

function push(run: string): Push {
  const model = { type: "Model", digest: `sha256:${run}`, bytes: 1n, files: 1, properties: {} };
  return { version: 0n, model, run, node: "pushed", pipeline: "penguins", blessedSequence: 0n };
}
