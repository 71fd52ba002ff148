import { CacheMiss } from "../contracts/millrace/event/v1/event.ts";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeEvent, newEventId } from "../log/mod.ts";
import type { LogEntry } from "../log/mod.ts";
import { journalCommands } from "../testing/journal-commands.ts";
import { backoffMs, decide } from "./decide.ts";
import type { JournalCommand } from "./decide.ts";
import { emptyJournal, evolve, fromLast, isTerminal } from "./journal.ts";
import type { Journal } from "./journal.ts";

const claim = {
  durable: "d",
  triggerSequence: 4n,
  inputs: [],
  environment: undefined,
  cacheKey: "",
  blessedSequence: 0n,
  cacheMiss: CacheMiss.CACHE_MISS_UNSPECIFIED,
};
const failure = { code: "boom", message: "it broke", file: "", line: 0, column: 0, stack: "", stderrTail: "" };
const retry = { attemptsMax: 2, backoffMinMs: 100, backoffMaxMs: 1_000 };
const completed = {
  outputs: [],
  reused: undefined,
  metrics: {},
  environment: undefined,
  inputs: [],
  cacheKey: "",
  note: "",
};

/** A subject's messages, written as the log would: what is decided is appended, and folded. */
class Subject {
  readonly entries: LogEntry[] = [];
  journal: Journal = emptyJournal;
  #sequence = 10;

  given(command: JournalCommand, id = newEventId()): string {
    const decision = decide(this.journal, command);
    if (decision.kind !== "append") throw new Error(`refused: ${decision.because}`);
    expect(decision.expect).toBe(this.entries.at(-1)?.sequence ?? 0);
    this.write(encodeEvent({ id, ...decision.event }));
    return id;
  }

  write(data: Uint8Array): void {
    this.#append(data, this.entries.at(-1)?.sequence ?? 0);
  }

  /** Writes as a stranger: without an expectation. */
  forge(data: Uint8Array): void {
    this.#append(data, undefined);
  }

  #append(data: Uint8Array, expected: number | undefined): void {
    this.#sequence += 3;
    const entry = {
      sequence: this.#sequence,
      subject: "s",
      timeMs: this.#sequence * 100,
      headers: new Map<string, string>(),
      data,
      expected,
    };
    this.entries.push(entry);
    this.journal = evolve(this.journal, entry);
  }
}

describe("decide() and evolve() of a node's journal", () => {
  it("claim an open node as its first attempt", () => {
    const subject = new Subject();
    const id = subject.given({ type: "claim", epoch: 0, claim });
    expect(subject.journal).toMatchObject({ phase: "claimed", attempts: 1, claim: { eventId: id, sequence: 13 } });
  });

  it("complete under the claim, and accept nothing after", () => {
    const subject = new Subject();
    const claimEventId = subject.given({ type: "claim", epoch: 0, claim });
    subject.given({ type: "complete", epoch: 0, completed: { ...completed, claimEventId } });
    expect(subject.journal.phase).toBe("completed");
    expect(decide(subject.journal, { type: "claim", epoch: 0, claim })).toEqual({
      kind: "refused",
      because: "terminal",
    });
    expect(decide(subject.journal, { type: "claim", epoch: 1, claim })).toEqual({
      kind: "refused",
      because: "terminal",
    });
  });

  it("refuse a zombie: its claim is not the journal's any more", () => {
    const subject = new Subject();
    const zombie = subject.given({ type: "claim", epoch: 0, claim });
    subject.given({ type: "claim", epoch: 0, claim });
    const command = { type: "complete", epoch: 0, completed: { ...completed, claimEventId: zombie } } as const;
    expect(decide(subject.journal, command)).toEqual({ kind: "refused", because: "not-the-claim" });
  });

  it("retry after a growing delay, until the budget is spent", () => {
    const subject = new Subject();
    const first = subject.given({ type: "claim", epoch: 0, claim });
    subject.given({ type: "fail", epoch: 0, claimEventId: first, retryable: true, failure, retry });
    expect(subject.journal).toMatchObject({ phase: "retrying", dueMs: 1_600 + 100 });
    const second = subject.given({ type: "claim", epoch: 0, claim });
    expect(subject.journal.attempts).toBe(2);
    subject.given({ type: "fail", epoch: 0, claimEventId: second, retryable: true, failure, retry });
    expect(subject.journal.phase).toBe("failed");
  });

  it("fail for good when the next attempt would come behind the end of the node's time, saying why", () => {
    const overdue = { ...failure, code: "node-timeout" };
    const ends = [101, 100].map((ms) => {
      const subject = new Subject();
      const claimEventId = subject.given({ type: "claim", epoch: 0, claim });
      const rest = { retryable: true, failure, retry, timeLeft: { ms, failure: overdue } };
      subject.given({ type: "fail", epoch: 0, claimEventId, ...rest });
      return subject.journal;
    });
    expect(ends).toMatchObject([
      { phase: "retrying", failed: { failure: { code: "boom" } } },
      { phase: "failed", failed: { failure: { code: "node-timeout" } } },
    ]);
  });

  it("keep the time of the epoch's first claim, and begin anew in the next", () => {
    const subject = new Subject();
    const first = subject.given({ type: "claim", epoch: 0, claim });
    subject.given({ type: "fail", epoch: 0, claimEventId: first, retryable: true, failure, retry });
    const second = subject.given({ type: "claim", epoch: 0, claim });
    expect(subject.journal).toMatchObject({ attempts: 2, firstClaimedMs: 1_300 });
    subject.given({ type: "fail", epoch: 0, claimEventId: second, retryable: false, failure, retry });
    expect(subject.journal.firstClaimedMs).toBe(1_300);
    subject.given({ type: "claim", epoch: 1, claim });
    expect(subject.journal.firstClaimedMs).toBe(2_500);
  });

  it("count attempts anew in a resumed epoch", () => {
    const subject = new Subject();
    const id = subject.given({ type: "claim", epoch: 0, claim });
    subject.given({ type: "fail", epoch: 0, claimEventId: id, retryable: false, failure, retry });
    expect(isTerminal(subject.journal, 0)).toBe(true);
    expect(isTerminal(subject.journal, 1)).toBe(false);
    subject.given({ type: "claim", epoch: 1, claim });
    expect(subject.journal).toMatchObject({ phase: "claimed", epoch: 1, attempts: 1 });
  });

  it("void a stranger's message, but expect its sequence", () => {
    const subject = new Subject();
    const claimEventId = subject.given({ type: "claim", epoch: 0, claim });
    subject.write(new TextEncoder().encode("hello"));
    expect(subject.journal).toMatchObject({ phase: "claimed", voids: 1, expect: 16 });
    subject.given({ type: "complete", epoch: 0, completed: { ...completed, claimEventId } });
    expect(subject.journal.phase).toBe("completed");
  });

  it("void an event that does not name the one before it", () => {
    const subject = new Subject();
    subject.given({ type: "claim", epoch: 0, claim });
    const forged = decide(emptyJournal, { type: "claim", epoch: 0, claim });
    if (forged.kind !== "append") throw new Error("an open journal can be claimed");
    subject.write(encodeEvent({ id: newEventId(), ...forged.event }));
    expect(subject.journal).toMatchObject({ attempts: 1, voids: 1 });
  });

  it("void an event that follows, of a writer who expected nothing", () => {
    const subject = new Subject();
    const forged = decide(emptyJournal, { type: "claim", epoch: 0, claim });
    if (forged.kind !== "append") throw new Error("an open journal can be claimed");
    subject.forge(encodeEvent({ id: newEventId(), ...forged.event }));
    expect(subject.journal).toMatchObject({ phase: "open", voids: 1, expect: 13 });
    expect(fromLast(subject.entries[0] as LogEntry)).toBeUndefined();
  });

  it("double the delay from the least to the most", () => {
    expect([1, 2, 3, 4, 5].map((attempt) => backoffMs(retry, attempt))).toEqual([100, 200, 400, 800, 1_000]);
  });
});

describe("every journal", () => {
  /** Plays commands as rivals would: each decides from what it sees, and what fits is appended. */
  const histories = fc
    .array(journalCommands(["first", "second", "third", "none"]), { maxLength: 12 })
    .map((commands) => {
      const subject = new Subject();
      const names = ["first", "second", "third"];
      for (const command of commands) {
        const decision = decide(subject.journal, command);
        const id = command.type === "claim" ? (names.shift() ?? "none") : newEventId();
        if (decision.kind === "append") subject.write(encodeEvent({ id: asId(id), ...rename(decision.event) }));
      }
      return subject;
    });

  it("is the same folded whole or in two parts, and its last message carries it", () => {
    fc.assert(
      fc.property(histories, fc.nat(12), ({ entries, journal }, cut) => {
        const prefix = entries.slice(0, cut).reduce(evolve, emptyJournal);
        expect(entries.slice(cut).reduce(evolve, prefix)).toEqual(journal);
        const last = entries.at(-1);
        if (last) expect(fromLast(last)).toEqual(journal);
      }),
    );
  });

  it("ends at most once an epoch, and completes at most once at all", () => {
    fc.assert(
      fc.property(histories, ({ entries }) => {
        let journal = emptyJournal;
        let completions = 0;
        for (const entry of entries) {
          const before = journal;
          journal = evolve(before, entry);
          if (journal.phase === "completed" && before.phase !== "completed") completions += 1;
          if (isTerminal(before, journal.epoch)) expect(journal.phase).toBe(before.phase);
        }
        expect(completions).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("is not changed by a message that comes twice", () => {
    fc.assert(
      fc.property(histories, ({ entries }) => {
        let journal = emptyJournal;
        for (const entry of entries) {
          const once = evolve(journal, entry);
          const twice = evolve(once, entry);
          expect({ ...twice, voids: once.voids }).toEqual(once);
          journal = once;
        }
      }),
    );
  });
});

function asId(name: string): string {
  return name.length === 32 ? name : Buffer.from(name.padEnd(16)).toString("hex");
}

/** Commands name claims by short names; events name them by ids. */
function rename<T extends { body?: unknown }>(event: T): T {
  const body = event.body as { value: { claimEventId?: string } } | undefined;
  if (body?.value.claimEventId) body.value = { ...body.value, claimEventId: asId(body.value.claimEventId) };
  return event;
}
