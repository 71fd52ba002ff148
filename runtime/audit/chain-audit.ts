import type { Event, Predecessor } from "../contracts/millrace/event/v1/event.ts";
import { type Chain, type ChainHead, emptyChain, stepChain } from "../journal/mod.ts";
import type { LogEntry } from "../log/mod.ts";
import type { AuditedKind } from "./audited-kinds.ts";
import type { Report } from "./findings.ts";
import { isSameContent } from "./same-content.ts";

/** What of a chain's events is held against it. */
export interface ChainRules {
  /** Whether sequences in bodies are of this log: those of a run that was imported alone are not. */
  readonly ownSequences: boolean;
}

/** What became of an event on a chain. */
export type Verdict =
  /** It follows the rules. */
  | "legal"
  /** It does not, and folds leave it out. */
  | "void"
  /** It follows from an event of a later version: this one cannot tell. */
  | "beyond";

/** Follows the predecessors on one subject, through events of later versions too. */
export class Predecessors {
  /** Most chains have none. */
  #beyond: Set<string> | undefined;

  check(entry: LogEntry, event: Event, head: ChainHead | undefined, rules: ChainRules, report: Report): Verdict {
    if (entry.expected === undefined) {
      report("unsealed-event", entry, `${typeOf(event)} ${event.id} was written without an expectation: by a stranger`);
      return "void";
    }
    const named = event.previous;
    if (named !== undefined && this.#beyond?.has(named.eventId) === true) return this.#passed(event);
    if ((named?.eventId ?? "") !== (head?.eventId ?? "")) {
      report(
        "wrong-predecessor",
        entry,
        `${typeOf(event)} ${event.id} names ${text(named)} before it: it is ${text(head)}`,
      );
      return "void";
    }
    if (rules.ownSequences && named !== undefined && Number(named.sequence) !== head?.sequence)
      report(
        "wrong-predecessor",
        entry,
        `${typeOf(event)} ${event.id} says that ${named.eventId} is message ${named.sequence}: it is ${head?.sequence}`,
      );
    return event.body === undefined ? this.#passed(event) : "legal";
  }

  #passed(event: Event): Verdict {
    this.#beyond = (this.#beyond ?? new Set()).add(event.id);
    return "beyond";
  }
}

/** Folds a chain and holds every event against the rules that its writers keep. */
export class ChainAudit<State> {
  readonly #audited: AuditedKind<State>;
  readonly #predecessors = new Predecessors();
  chain: Chain<State>;

  constructor(audited: AuditedKind<State>) {
    this.#audited = audited;
    this.chain = emptyChain(audited.kind);
  }

  get state(): State {
    return this.chain.state;
  }

  /** Lets the state go where the next event does not build on it: there are very many cache keys. */
  forgetState(): void {
    this.chain = { ...this.chain, state: this.#audited.kind.initial };
  }

  take(entry: LogEntry, event: Event, rules: ChainRules, report: Report): Verdict {
    const before = this.chain;
    const verdict = this.#predecessors.check(entry, event, before.head, rules, report);
    this.chain = stepChain(this.#audited.kind, before, entry);
    if (verdict !== "legal" || event.body === undefined) return verdict;
    if (this.chain.head?.eventId !== event.id) {
      report("illegal-event", entry, `${typeOf(event)} ${event.id} has no place behind what is there`);
      return "void";
    }
    const expected = this.#audited.carriedBy(before, event.body);
    if (!isSameContent(event.state, expected))
      report("wrong-state", entry, `${typeOf(event)} ${event.id} carries another state than the fold has`);
    return "legal";
  }
}

/** Name of an event's type, for people. */
export function typeOf({ body }: Event): string {
  return body === undefined ? "an event of a later version" : body.$case;
}

function text(named: Pick<Predecessor | ChainHead, "eventId"> | undefined): string {
  return named === undefined || named.eventId === "" ? "nothing" : named.eventId;
}
