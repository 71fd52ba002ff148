import type { ArtifactStore } from "../artifacts/mod.ts";
import type { Message } from "../contracts/millrace/history/v1/history.ts";
import { Scope } from "../contracts/millrace/history/v1/history.ts";
import { decodeEvent } from "../journal/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { payloadRecords } from "./payloads.ts";
import { formatVersion } from "./read-history.ts";
import { bundlesOfPlan, referencesOf } from "./references.ts";
import { type RecordValue, writeHistory } from "./write-history.ts";

/** What an export does. */
export interface ExportOptions {
  /** File to write, compressed if its name ends in `.gz`. */
  readonly file: string;
  /** Last sequence of the log that counts. */
  readonly to: number;
  /** Where the artifacts are, if their payloads are to go along. */
  readonly store?: ArtifactStore;
  readonly note?: (sentence: string) => void;
}

/** What an export wrote. */
export interface Exported {
  readonly messages: number;
  readonly payloads: number;
  /** Digests of artifacts that are referred to and were not in the store: collected, or lost. */
  readonly missing: readonly string[];
}

/**
 * Writes the whole log to a history file, every message as it stands, whoever wrote it. Plans that are artifacts go
 * along always, since no run can be shown without; the other artifacts if asked for.
 * @param plans Where plans are that are artifacts.
 * @throws {Terminal} `file-exists`; `digest-mismatch`: an artifact's bytes are not what they were.
 * Source: docs/history.md.
 */
export async function exportLog(log: Log, plans: ArtifactStore, options: ExportOptions): Promise<Exported> {
  const counter = new Counter(options);
  await writeHistory(options.file, records(log, plans, options, counter));
  return counter.exported;
}

async function* records(
  log: Log,
  plans: ArtifactStore,
  { to }: ExportOptions,
  counter: Counter,
): AsyncGenerator<RecordValue> {
  yield {
    $case: "header",
    value: {
      formatVersion,
      scope: Scope.SCOPE_LOG,
      namespace: log.namespace,
      streamCreatedMs: await streamCreatedMs(log),
      atSequence: BigInt(to),
      pipeline: "",
      run: "",
      artifacts: counter.takesArtifacts,
    },
  };
  if (to > 0) for await (const entry of log.read([], { to })) yield counter.message(entry);
  yield* counter.payloads(plans);
}

/** When a log's stream was created, Unix epoch milliseconds; 0 if it does not say so as a time. */
export async function streamCreatedMs(log: Log): Promise<bigint> {
  const createdMs = Date.parse(await log.created());
  return BigInt(Number.isNaN(createdMs) ? 0 : createdMs);
}

/** Type of a plan's artifact. */
const planType = "Plan";

/** Counts what goes into a file, and remembers what it refers to. */
export class Counter {
  readonly #options: Pick<ExportOptions, "store" | "note">;
  /** Types by digest. */
  readonly #references = new Map<string, string>();
  #messages = 0;
  #payloads = 0;
  readonly #missing: string[] = [];

  constructor(options: Pick<ExportOptions, "store" | "note">) {
    this.#options = options;
  }

  get takesArtifacts(): boolean {
    return this.#options.store !== undefined;
  }

  get exported(): Exported {
    return { messages: this.#messages, payloads: this.#payloads, missing: this.#missing };
  }

  message(entry: LogEntry, context = false): RecordValue {
    const event = decodeEvent(entry.data);
    for (const { digest, type } of event ? referencesOf(event) : [])
      if (this.takesArtifacts || type === planType) this.#references.set(digest, type);
    this.#messages += 1;
    return { $case: "message", value: messageOf(entry, context) };
  }

  /** A plan that goes along whether or not other artifacts do. */
  referToPlan(digest: string): void {
    this.#references.set(digest, planType);
  }

  /** The payloads of what was referred to. */
  async *payloads(store: ArtifactStore): AsyncGenerator<RecordValue> {
    // A plan's bundles are found on the way, and follow.
    for (const [digest, type] of this.#references) {
      if (!(await store.has(digest))) {
        this.#missing.push(digest);
        continue;
      }
      if (type === planType && this.takesArtifacts)
        for (const bundle of await bundlesOfPlan(store, digest)) this.#references.set(bundle.digest, bundle.type);
      yield* payloadRecords(store, digest);
      this.#payloads += 1;
    }
  }
}

function messageOf({ sequence, timeMs, subject, headers, data, expected }: LogEntry, context: boolean): Message {
  return {
    sequence: BigInt(sequence),
    timeMs: BigInt(timeMs),
    subject,
    headers: [...headers].map(([name, value]) => ({ name, value })),
    data: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    context,
    expected: expected === undefined ? undefined : BigInt(expected),
  };
}
