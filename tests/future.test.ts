import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CacheMiss,
  ControlState,
  Event,
  JournalState,
  JournalStatus,
} from "millrace/contracts/millrace/event/v1/event.ts";
import { connectLog, type JetStreamLog } from "millrace/jetstream";
import { controlChain, controlEvent, decide, emptyChain, emptyJournal, evolve } from "millrace/journal";
import { newEventId, encodeEvent, readEvent, subjectsOf } from "millrace/log";
import { readChainFrom, readJournalFrom } from "millrace/projections";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OwnServer } from "./support/own-server.ts";
import { field, fromTheFuture } from "./support/stranger.ts";

const subjects = subjectsOf("mr");
/** What a later version adds to a message: a field that no contract of today has. */
const added = field(2_001, Buffer.from("of a later version"));

let place: string;
let server: OwnServer;
let log: JetStreamLog;

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "millrace-future-"));
  server = await OwnServer.start(place);
  log = await connectLog({ url: server.url });
});

afterAll(async () => {
  await log[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  rmSync(place, { recursive: true });
});

/** Bytes of an event whose carried state a later version wrote: with a field more, which only bytes can have. */
function withField(event: Event, state: Uint8Array, stateField: number): Uint8Array {
  const plain = Event.encode({ ...event, state: undefined }).finish();
  return Buffer.concat([plain, field(3, field(stateField, Buffer.concat([state, added])))]);
}

/** Whether bytes hold the added field. */
function holdsAdded(data: Uint8Array | undefined): boolean {
  return data !== undefined && Buffer.from(data).includes(Buffer.from(added));
}

describe("a later version's messages on a real server", () => {
  it("with a field more in the state of a run's control: this version's next event carries it on", async () => {
    const subject = subjects.control("p", "r");
    const first = controlEvent(emptyChain(controlChain), nudged);
    const state = ControlState.encode({ epoch: 0, cancelRequested: false, cancelReason: "", nudges: 1 }).finish();
    await log.append(subject, withField({ id: newEventId(), ...first }, state, controlField), {
      expectLastSequence: 0,
    });
    const chain = await readChainFrom(log, controlChain, subject, await log.leaderLastOf(subject));
    expect(chain.state.nudges).toBe(1);
    const next = encodeEvent({ id: newEventId(), ...controlEvent(chain, nudged) });
    await log.append(subject, next, { expectLastSequence: chain.expect });
    const last = await log.leaderLastOf(subject);
    expect(holdsAdded(last?.data)).toBe(true);
    expect((await readChainFrom(log, controlChain, subject, last)).state.nudges).toBe(2);
  });

  it("with a field more in a journal's state, and in what was claimed: kept, by the last message and by the fold", async () => {
    const subject = subjects.journal("p", "r", "c", "n");
    const decision = decide(emptyJournal, { type: "claim", epoch: 0, claim });
    if (decision.kind !== "append") throw new Error("an open journal can be claimed");
    const state = JournalState.encode({
      status: JournalStatus.JOURNAL_STATUS_CLAIMED,
      epoch: 0,
      attempts: 1,
      claimEventId: "",
      claimSequence: 0n,
      delayMs: 0n,
      firstClaimedMs: 0n,
    }).finish();
    const bytes = withField({ id: newEventId(), ...decision.event }, state, journalField);
    await log.append(subject, bytes, { expectLastSequence: 0 });
    const journal = await readJournalFrom(log, subject, await log.leaderLastOf(subject));
    let folded = emptyJournal;
    for await (const entry of log.read([subject])) folded = evolve(folded, entry);
    for (const seen of [journal, folded]) {
      const cancelled = decide(seen, { type: "cancel", epoch: 0, reason: "enough" });
      if (cancelled.kind !== "append") throw new Error("a claimed journal can be cancelled");
      expect(holdsAdded(encodeEvent({ id: newEventId(), ...cancelled.event }))).toBe(true);
    }
  });

  it("of a type that is not known: skipped and kept, its bytes as they were", async () => {
    const subject = subjects.control("p", "q");
    const bytes = fromTheFuture();
    await log.append(subject, bytes, { expectLastSequence: 0 });
    const chain = await readChainFrom(log, controlChain, subject, await log.leaderLastOf(subject));
    expect(chain).toMatchObject({ state: { epoch: 0, nudges: 0 }, head: undefined });
    const next = encodeEvent({ id: newEventId(), ...controlEvent(chain, nudged) });
    expect(await log.append(subject, next, { expectLastSequence: chain.expect })).toMatchObject({ kind: "appended" });
    const first = await log.get(chain.expect);
    expect(Buffer.from(first?.data ?? [])).toEqual(Buffer.from(bytes));
    const read = readEvent(first?.data ?? new Uint8Array());
    expect(read.kind).toBe("unknown");
    if (read.kind === "unknown") expect(Buffer.from(encodeEvent(read.event))).toEqual(Buffer.from(bytes));
  });
});

// Numbers of the fields of ChainState.
const [journalField, controlField] = [1, 2];
const claim = {
  durable: "d",
  triggerSequence: 4n,
  inputs: [],
  environment: undefined,
  cacheKey: "",
  blessedSequence: 0n,
  cacheMiss: CacheMiss.CACHE_MISS_UNSPECIFIED,
};
const nudged = { $case: "nudged" as const, value: { reason: "silent" } };
