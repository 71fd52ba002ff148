import { describe, expect, it } from "vitest";
import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { Retryable } from "../model/mod.ts";
import { appendEvent } from "./appender.ts";
import { type Clock, systemClock } from "./clock.ts";
import { encodeEvent, newEventId } from "./event-codec.ts";
import type { Appended, AppendOptions } from "./log.ts";
import { MemoryLog } from "./memory-log.ts";
import { MemoryStream } from "./memory-stream.ts";

type Fault = "request-lost" | "answer-lost" | "in-flight";

/** A connection on which the next appends meet the faults given, one each. */
class FaultyLog extends MemoryLog {
  readonly faults: Fault[];
  /** What others write after an append reached the log and before its answer is lost. */
  meanwhile: () => unknown = () => undefined;

  constructor(stream: MemoryStream, faults: Fault[]) {
    super({ stream });
    this.faults = faults;
  }

  override async append(subject: string, data: Uint8Array, options?: AppendOptions): Promise<Appended> {
    const fault = this.faults.shift();
    if (fault === "in-flight") return { kind: "refused", reason: "in-flight" };
    if (fault !== "request-lost") {
      const answer = await super.append(subject, data, options);
      if (fault === undefined) return answer;
    }
    this.meanwhile();
    throw new Retryable("log-unavailable", "the test lost it");
  }
}

const subject = "mr.run.p.r._._.control";
const event = (): Event => ({ id: newEventId(), body: { $case: "nudged", value: { reason: "silent" } } });

/** No delay takes any time; each is kept. */
function hastyClock(delays: number[]): Clock {
  return {
    ...systemClock,
    after(delayMs, run) {
      delays.push(delayMs);
      queueMicrotask(run);
      return () => undefined;
    },
  };
}

function setUp(...faults: Fault[]) {
  const delays: number[] = [];
  const stream = new MemoryStream({ clock: hastyClock(delays) });
  const log = new FaultyLog(stream, faults);
  const byOther = () => stream.append(subject, encodeEvent(event()), {});
  return { stream, log, byOther, delays };
}

describe("appendEvent()", () => {
  it.each<[string, Fault[]]>([
    ["all goes well", []],
    ["the request is lost", ["request-lost"]],
    ["the answer is lost", ["answer-lost"]],
    ["both are lost, several times", ["request-lost", "request-lost", "answer-lost", "answer-lost"]],
    ["another append was in flight and came to nothing", ["in-flight", "in-flight"]],
  ])("appends once when %s", async (_case, faults) => {
    const { stream, log } = setUp(...faults);
    const appended = await appendEvent(log, subject, event(), { expectLastSequence: 0 });
    expect(appended).toEqual({ kind: "appended", sequence: 1 });
    expect(stream.lastSequence).toBe(1);
  });

  it("loses to another's message and hands it over", async () => {
    const { stream, log, byOther } = setUp();
    byOther();
    const lost = await appendEvent(log, subject, event(), { expectLastSequence: 0 });
    expect(lost).toEqual({ kind: "lost", last: stream.get(1) });
    expect(stream.lastSequence).toBe(1);
  });

  it("loses a chain that went on without it, although its message is in the log", async () => {
    const { stream, log, byOther } = setUp("answer-lost");
    log.meanwhile = byOther;
    const lost = await appendEvent(log, subject, event(), { expectLastSequence: 0 });
    expect(lost).toEqual({ kind: "lost", last: stream.get(2) });
  });

  it("finds its message under others' on a shared chain", async () => {
    const { log, byOther } = setUp("answer-lost");
    log.meanwhile = byOther;
    const appended = await appendEvent(log, subject, event(), { expectLastSequence: 0, shared: true });
    expect(appended).toEqual({ kind: "appended", sequence: 1 });
  });

  it("loses a shared chain on which its message is not", async () => {
    const { stream, log, byOther } = setUp("request-lost");
    log.meanwhile = byOther;
    const lost = await appendEvent(log, subject, event(), { expectLastSequence: 0, shared: true });
    expect(lost).toEqual({ kind: "lost", last: stream.get(1) });
  });

  it("loses to a stranger's undecodable message", async () => {
    const { stream, log } = setUp();
    stream.append(subject, new TextEncoder().encode("not an event"), {});
    const lost = await appendEvent(log, subject, event(), { expectLastSequence: 0 });
    expect(lost).toMatchObject({ kind: "lost", last: { sequence: 1 } });
  });

  it("appends without an expectation, once when only the answer was lost", async () => {
    const { stream, log, byOther } = setUp("answer-lost");
    byOther();
    expect(await appendEvent(log, subject, event())).toEqual({ kind: "appended", sequence: 2 });
    expect(stream.lastSequence).toBe(2);
  });

  it("gives up when the log stays away, and waits longer each time up to a bound", async () => {
    const { stream, log, delays } = setUp(...Array.from({ length: 1_000 }, (): Fault => "request-lost"));
    await expect(appendEvent(log, subject, event(), { expectLastSequence: 0 })).rejects.toMatchObject({
      code: "log-unavailable",
    });
    expect(delays.slice(0, 3)).toEqual([20, 40, 80]);
    expect(Math.max(...delays)).toBe(2_000);
    expect(stream.lastSequence).toBe(0);
  });

  it("stops waiting when told to", async () => {
    const { log } = setUp("request-lost");
    const stop = AbortSignal.abort();
    await expect(appendEvent(log, subject, event(), { expectLastSequence: 0, signal: stop })).rejects.toThrow(/abort/);
  });
});
