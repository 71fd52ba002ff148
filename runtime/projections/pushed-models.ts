import type { Event, Push } from "../contracts/millrace/event/v1/event.ts";
import { decodeEvent, emptyChain, stepChain, targetChain } from "../journal/mod.ts";
import type { Chain, Target } from "../journal/mod.ts";
import { eventPlace, subjectsOf } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";

/** A version of a destination. Times are Unix epoch milliseconds. */
export interface PushedVersion {
  readonly version: number;
  /**
   * `intended`: announced, and not yet pushed; `withdrawn`: never pushed; `served`; `superseded`: served before, or
   * overtaken before it was; `rolled-back`: pushed, and a rollback went behind it.
   */
  readonly state: "intended" | "withdrawn" | "served" | "superseded" | "rolled-back";
  readonly digest: string;
  /** Where the model's artifact is. */
  readonly modelUri: string;
  /** Where the version was put; null if it was not. */
  readonly uri: string | null;
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  readonly intendedAt: number;
  readonly pushedAt: number | null;
  /** The earlier version whose model a rollback serves again; null if a pusher pushed it. */
  readonly restoredVersion: number | null;
  /** Why it was rolled back to or withdrawn; null if nothing was said. */
  readonly reason: string | null;
}

/** What a destination serves, as of a moment, and what it served. */
export interface PushedAnswer {
  readonly destination: string;
  readonly served: (PushedVersion & { readonly since: number }) | null;
  /** All versions, newest first. */
  readonly history: readonly PushedVersion[];
  readonly atSequence: number;
}

/** Folds a destination's chain up to a sequence. @param token The destination's subject token. */
export async function readPushed(
  log: Log,
  { destination, token }: { readonly destination: string; readonly token: string },
  to: number,
  uriOf: (digest: string) => string,
): Promise<PushedAnswer> {
  const fold = new PushedFold(uriOf);
  for await (const entry of log.read([subjectsOf(log.namespace).target(token)], { to })) fold.take(entry);
  return { destination, ...fold.answer(), atSequence: to };
}

/** A version without its state, which the chain's end tells. */
type Version = { -readonly [Key in Exclude<keyof PushedVersion, "state">]: PushedVersion[Key] };

class PushedFold {
  readonly #uriOf: (digest: string) => string;
  readonly #versions = new Map<number, Version>();
  #chain: Chain<Target> = emptyChain(targetChain);
  #since = 0;

  constructor(uriOf: (digest: string) => string) {
    this.#uriOf = uriOf;
  }

  take(entry: LogEntry): void {
    const before = this.#chain.state.served?.version;
    this.#chain = stepChain(targetChain, this.#chain, entry);
    const event = decodeEvent(entry.data);
    if (event?.body === undefined || this.#chain.head?.sequence !== entry.sequence) return;
    const { timeMs } = eventPlace(event, entry);
    if (this.#chain.state.served?.version !== before) this.#since = timeMs;
    this.#note(event.body, entry.sequence, timeMs);
  }

  answer(): Pick<PushedAnswer, "served" | "history"> {
    const history = [...this.#versions.values()]
      .map((version) => Object.assign({}, version, { state: this.#stateOf(version.version) }))
      .sort((a, b) => b.version - a.version);
    const served = history.find(({ state }) => state === "served");
    return { served: served ? { ...served, since: this.#since } : null, history };
  }

  #note(body: NonNullable<Event["body"]>, sequence: number, timeMs: number): void {
    if (body.$case === "pushIntended" && body.value.push) {
      const version = this.#version({ ...body.value.push, version: BigInt(sequence) }, timeMs);
      version.reason = body.value.reason ?? null;
    }
    if (body.$case === "pushed" && body.value.push)
      Object.assign(this.#version(body.value.push, timeMs), { pushedAt: timeMs, uri: body.value.uri || null });
    if (body.$case !== "rolledBack") return;
    const { served, undone, uri, reason } = body.value;
    const rollsBack = served?.restoredVersion !== undefined && served.version > (undone?.version ?? 0n);
    if (rollsBack) Object.assign(this.#version(served, timeMs), { pushedAt: timeMs, uri: uri || null, reason });
    else if (undone) this.#version(undone, timeMs).reason = reason;
  }

  /** The version of a push, noted first if it was not intended before. */
  #version(push: Push, timeMs: number): Version {
    const number = Number(push.version);
    const known = this.#versions.get(number);
    if (known) return known;
    const { model, pipeline, run, node, restoredVersion } = push;
    const digest = model?.digest ?? "";
    const version: Version = {
      version: number,
      digest,
      modelUri: digest === "" ? "" : this.#uriOf(digest),
      uri: null,
      pipeline,
      run,
      node,
      intendedAt: timeMs,
      pushedAt: null,
      restoredVersion: restoredVersion === undefined ? null : Number(restoredVersion),
      reason: null,
    };
    this.#versions.set(number, version);
    return version;
  }

  #stateOf(number: number): PushedVersion["state"] {
    const { served, open, undone } = this.#chain.state;
    const is = ({ version }: Push): boolean => Number(version) === number;
    if (served && is(served)) return "served";
    if (open.some(is)) return "intended";
    if (undone.some(is)) return "rolled-back";
    return this.#versions.get(number)?.pushedAt === null ? "withdrawn" : "superseded";
  }
}
