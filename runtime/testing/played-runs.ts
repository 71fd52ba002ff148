import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ArtifactStore, DirectoryStore } from "../artifacts/mod.ts";
import { Event } from "../contracts/millrace/event/v1/event.ts";
import { decodeEvent } from "../journal/mod.ts";
import { type Log, type LogEntry, MemoryLog, newEventId, subjectsOf } from "../log/mod.ts";
import { type Verified, verify } from "../audit/mod.ts";
import { startTestAgent, startTestRun, type TestComponent } from "./memory-stack.ts";
import { testPlan } from "./plans.ts";

export const subjects = subjectsOf("mr");

/** Plan of the played runs: a, and b of what a made. */
export const playedPlan = testPlan("p", {
  a: { inputs: { data: "source.dataset:Dataset" }, outputs: { out: "A" } },
  b: { inputs: { a: "a.out:A" }, outputs: { out: "B" } },
});

/** Subject of a node's journal. */
export const journalOf = (node: string, run = "r1"): string => subjects.journal("p", run, node, node);

const work: TestComponent["work"] = async ({ node, inputs }) => ({
  out: { text: `${node} of ${Object.values(inputs).join(" and ")}` },
});

/** Runs that agents played in memory, their artifacts in a store on disk. */
export class PlayedRuns implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "verify-"));
  readonly store: ArtifactStore = new DirectoryStore(this.path("store"));
  readonly log = new MemoryLog();

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** Plays runs of the plan, one after the other. */
  async play(...runs: readonly string[]): Promise<void> {
    const started = [
      await startTestAgent(this.log, this.store, "a", { inputs: ["Dataset"], work }),
      await startTestAgent(this.log, this.store, "b", { inputs: ["A"], work }),
    ];
    for (const run of runs) {
      await startTestRun(this.log, this.store, playedPlan, run, "data");
      const signal = AbortSignal.timeout(10_000);
      for await (const _ of this.log.follow([subjects.outcome("p", run)], { signal })) break;
    }
    await Promise.all(started.map(({ agent }) => agent.drain(1_000)));
  }

  async verified(log: Log = this.log, store: ArtifactStore = this.store): Promise<Verified> {
    return verify({ log, store, to: await log.leaderLastSequence() });
  }

  /** Codes of the problems found. */
  async codes(log: Log = this.log): Promise<readonly string[]> {
    return (await this.verified(log)).problems.map(({ code }) => code);
  }

  async entries(subject?: string): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for await (const entry of this.log.read(subject === undefined ? [] : [subject])) entries.push(entry);
    return entries;
  }

  /** The same log with some messages changed, left out or added; what had an expectation has one there. */
  async changed(change: (entry: LogEntry) => readonly LogEntry[]): Promise<Log> {
    const other = new MemoryLog();
    for (const entry of await this.entries())
      for (const { subject, data, expected } of change(entry)) {
        const options = expected === undefined ? {} : { expectLastSequence: await lastSequence(other, subject) };
        await other.append(subject, data, options);
      }
    return other;
  }

  /** The same log with one event changed: which of its subject's, from 0. */
  withEvent(subject: string, index: number, change: (event: Event) => Event): Promise<Log> {
    let at = -1;
    return this.changed((entry) => {
      if (entry.subject !== subject || (at += 1) !== index) return [entry];
      const event = decodeEvent(entry.data);
      return event ? [{ ...entry, data: Event.encode(change(event)).finish() }] : [];
    });
  }

  /** Appends an event as its chain's writers do, whatever it says. @returns its id. */
  async append(subject: string, event: Omit<Event, "id">): Promise<string> {
    const id = newEventId();
    const expectLastSequence = await lastSequence(this.log, subject);
    await this.log.append(subject, Event.encode({ id, ...event }).finish(), { expectLastSequence });
    return id;
  }

  /** The artifact that a node of the first run made. */
  async artifactOf(node: string): Promise<{ readonly digest: string; readonly place: string }> {
    const last = (await this.entries(journalOf(node))).at(-1);
    const body = last && decodeEvent(last.data)?.body;
    const digest = (body?.$case === "completed" && body.value.outputs[0]?.artifact?.digest) || "";
    return { digest, place: await this.store.open(digest) };
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function lastSequence(log: Log, subject: string): Promise<number> {
  return (await log.leaderLastOf(subject))?.sequence ?? 0;
}
