import { JournalStatus } from "../contracts/millrace/event/v1/event.ts";
import type { Claimed, Event, JournalState } from "../contracts/millrace/event/v1/event.ts";
import type { OutputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import { attemptsIn, emptyJournal, evolveEvent, type Journal, type JournalPhase } from "../journal/mod.ts";
import type { LogEntry } from "../log/mod.ts";
import { type ChainRules, Predecessors, typeOf, type Verdict } from "./chain-audit.ts";
import type { Report } from "./findings.ts";

const statuses: Readonly<Record<JournalPhase, JournalStatus>> = {
  open: JournalStatus.JOURNAL_STATUS_UNSPECIFIED,
  claimed: JournalStatus.JOURNAL_STATUS_CLAIMED,
  retrying: JournalStatus.JOURNAL_STATUS_RETRYING,
  completed: JournalStatus.JOURNAL_STATUS_COMPLETED,
  failed: JournalStatus.JOURNAL_STATUS_FAILED,
  skipped: JournalStatus.JOURNAL_STATUS_SKIPPED,
  cancelled: JournalStatus.JOURNAL_STATUS_CANCELLED,
};

/** What a journal's events are held against. */
export interface JournalRules extends ChainRules {
  /** Epoch of the run. */
  readonly epoch: number;
}

/** Folds a node's journal and holds every event against the rules that its writers keep. */
export class JournalAudit {
  readonly #predecessors = new Predecessors();
  journal: Journal = emptyJournal;
  /** Claims by event id: blessings and pushes name them. */
  readonly claims = new Map<string, Claimed>();
  /** Ends by event id, with the outputs of those that completed: what fans out names them. */
  readonly ends = new Map<string, readonly OutputArtifact[]>();

  take(entry: LogEntry, event: Event, rules: JournalRules, report: Report): Verdict {
    const before = this.journal;
    const verdict = this.#predecessors.check(entry, event, before.head, rules, report);
    this.journal = evolveEvent(before, verdict === "void" ? undefined : event, entry);
    if (verdict !== "legal") return verdict;
    if (this.journal.voids > before.voids) {
      report("illegal-event", entry, `${typeOf(event)} ${event.id} has no place in a journal that is ${before.phase}`);
      return "void";
    }
    this.#remember(event);
    const difference = differenceOf(event, before, this.journal, rules);
    if (difference !== undefined)
      report(
        "wrong-state",
        entry,
        `${typeOf(event)} ${event.id} carries another state than the fold has: ${difference}`,
      );
    return "legal";
  }

  #remember({ id, body }: Event): void {
    if (body?.$case === "claimed") this.claims.set(id, body.value);
    else if (body?.$case === "completed") this.ends.set(id, body.value.outputs);
    else if (this.journal.phase !== "retrying") this.ends.set(id, []);
  }
}

/**
 * Where the carried state differs from the fold's; undefined if nowhere. Epoch and attempts are what a fold takes from
 * the event, so they are counted here: the epoch is the run's.
 */
function differenceOf(event: Event, before: Journal, after: Journal, rules: JournalRules): string | undefined {
  const carried = event.state?.chain?.$case === "journal" ? event.state.chain.value : undefined;
  if (carried === undefined) return "it carries none";
  const claiming = event.body?.$case === "claimed";
  const expected: Omit<JournalState, "firstClaimedMs" | "_unknownFields"> = {
    status: statuses[after.phase],
    epoch: rules.epoch,
    attempts: attemptsIn(before, rules.epoch) + (claiming ? 1 : 0),
    claimEventId: claiming ? "" : (after.lastClaim?.eventId ?? ""),
    claimSequence: claiming ? 0n : BigInt(after.lastClaim?.sequence ?? 0),
    delayMs: after.failed?.delayMs ?? 0n,
  };
  for (const field of Object.keys(expected) as (keyof typeof expected)[]) {
    if (field === "claimSequence" && !rules.ownSequences) continue;
    if (carried[field] !== expected[field])
      return `its ${field} is ${carried[field]}, and ${expected[field]} in the fold`;
  }
  // A holder takes the time from its own clock where it has not read its claim back, and earlier versions took none.
  return carried.firstClaimedMs > 0n && after.firstClaimedMs === undefined ? "its firstClaimedMs" : undefined;
}
