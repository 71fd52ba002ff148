import type { Event } from "../../contracts/millrace/event/v1/event.ts";
import { decodeEvent } from "../../journal/mod.ts";
import { MemoryStream, subjectMatcher } from "../../log/mod.ts";
import type { Appended, LastEntries, LogEntry } from "../../log/mod.ts";
import type { MemoryDurable } from "../../log/memory-durable.ts";
import { originMs } from "./process.ts";
import type { SimulatedProcess, Surroundings } from "./process.ts";

/** A message of the log as the referee sees it. */
export interface Written {
  readonly entry: LogEntry;
  /** Undefined if it holds no event. */
  readonly event: Event | undefined;
  /** Process that wrote it. */
  readonly by: string;
}

interface Follower {
  readonly matches: (subject: string) => boolean;
  readonly wake: () => void;
}

/** The one nats-server: a MemoryStream on virtual time, and its replicas, which may lag. */
export class SimulatedServer {
  readonly stream: MemoryStream;
  /** Every message, in order. */
  readonly written: Written[] = [];
  /** Called at each sign of life of a process for a delivery. */
  onWorking: (process: SimulatedProcess, trigger: number, receivedMs: number) => void = () => {};
  /** Called after each message. */
  onWritten: (written: Written) => void = () => {};
  readonly #histories = new Map<string, LogEntry[]>();
  readonly #followers = new Set<Follower>();
  readonly #durables = new Map<string, MemoryDurable>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
    this.stream = new MemoryStream({ clock: around.scheduler.clock(originMs) });
  }

  append(by: string, subject: string, data: Uint8Array, expectLastSequence: number | undefined): Appended {
    const answer = this.stream.append(subject, data, expectLastSequence === undefined ? {} : { expectLastSequence });
    if (answer.kind === "refused") return answer;
    const entry = this.stream.get(answer.sequence);
    if (entry === undefined) throw new Error("a message was appended and is not there");
    const written = { entry, event: decodeEvent(data), by };
    this.written.push(written);
    const history = this.#histories.get(subject);
    if (history) history.push(entry);
    else this.#histories.set(subject, [entry]);
    this.#around.note(by, `${entry.sequence} ${subject} ${aboutOf(written)}`);
    this.onWritten(written);
    for (const follower of this.#followers) if (follower.matches(subject)) follower.wake();
    return answer;
  }

  /** Messages of one subject up to a sequence, ascending. */
  history(subject: string, upTo = Number.POSITIVE_INFINITY): readonly LogEntry[] {
    const all = this.#histories.get(subject) ?? [];
    const last = all.at(-1);
    return last === undefined || last.sequence <= upTo ? all : all.filter(({ sequence }) => sequence <= upTo);
  }

  /** Subjects of journals that were written to. */
  get journals(): readonly string[] {
    return [...this.#histories.keys()].filter((subject) => subject.endsWith(".journal"));
  }

  /** Messages of one subject as the referee sees them. */
  writtenOn(subject: string): readonly Written[] {
    return this.history(subject).flatMap(({ sequence }) => this.written[sequence - 1] ?? []);
  }

  /** How long a message has stood there, in virtual milliseconds. */
  ageMs({ timeMs }: LogEntry): number {
    return this.stream.clock.epochMs() - timeMs;
  }

  /** The answer of a replica that has read up to a sequence. */
  lastOf(subjects: readonly string[], upTo: number): LastEntries {
    const entries = new Map<string, LogEntry>();
    for (const subject of subjects.flatMap((filter) => this.#subjectsOf(filter))) {
      const entry = this.history(subject, upTo).at(-1);
      if (entry !== undefined) entries.set(subject, entry);
    }
    return { entries, upTo: entries.size === 0 ? 0 : upTo };
  }

  #subjectsOf(filter: string): readonly string[] {
    if (!/[*>]/.test(filter)) return [filter];
    return [...this.#histories.keys()].filter(subjectMatcher([filter]));
  }

  /** Messages that match, from one sequence to another. */
  matching(filters: readonly string[], from: number, to: number): readonly LogEntry[] {
    const [only, ...others] = filters;
    if (only !== undefined && others.length === 0 && !/[*>]/.test(only))
      return this.history(only, to).filter(({ sequence }) => sequence >= from);
    const matches = subjectMatcher(filters);
    return this.written
      .slice(Math.max(0, from - 1), Math.max(0, Math.min(to, this.written.length)))
      .flatMap(({ entry }) => (matches(entry.subject) ? [entry] : []));
  }

  /** Calls back once after the next message that matches; the result forgets it. */
  onNext(filters: readonly string[], wake: () => void): () => void {
    const follower = {
      matches: subjectMatcher(filters),
      wake: () => {
        this.#followers.delete(follower);
        wake();
      },
    };
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  durable(name: string, filters: readonly string[], ackWaitMs: number): MemoryDurable {
    const durable = this.stream.durable(name, filters, ackWaitMs);
    this.#durables.set(name, durable);
    return durable;
  }

  /** Whether every durable has delivered all there is, and all of it is settled. */
  get settled(): boolean {
    for (const durable of this.#durables.values()) if (!durable.settled) return false;
    return true;
  }
}

/** A message in a few words, for the trace. */
function aboutOf({ event }: Written): string {
  const body = event?.body;
  if (body === undefined) return "?";
  const value: object = body.value;
  const failure = "failure" in value && value.failure && typeof value.failure === "object" ? value.failure : value;
  const code = "code" in failure ? ` ${String(failure.code)}` : "";
  const message = "message" in failure ? `: ${String(failure.message)}` : "";
  return `${body.$case}${code}${message} ${event?.id ?? ""}`;
}
