import { createPlans } from "../../driver/mod.ts";
import type { ReadPlanArtifact } from "../../driver/mod.ts";
import type { Plan } from "../../contracts/millrace/metadata/v1/plan.ts";
import type { Log } from "../../log/mod.ts";
import { toMillraceError } from "../../model/mod.ts";
import { knownArtifacts, plansOfRun, reachable, RetentionLedger } from "../../projections/mod.ts";
import type { KnownArtifact } from "../../projections/mod.ts";

/** What the log says, at a moment, of what must be kept. */
export interface Survey {
  readonly atSequence: number;
  /** Digests that must be kept. */
  readonly kept: ReadonlySet<string>;
  /** Everything the log refers to. */
  readonly known: ReadonlyMap<string, KnownArtifact>;
  /** Whether every plan could be read; else code that only such a plan names looks like nobody's. */
  readonly complete: boolean;
  /** Digests that are collected by their chains. */
  readonly collected: ReadonlySet<string>;
  /** Claims under way: event id → sequence. */
  readonly claims: ReadonlyMap<string, number>;
}

/** Codes of a plan that nobody can read any more; any other error may pass, and then its code would seem nobody's. */
const gone = new Set(["artifact-missing", "digest-mismatch", "plan-missing"]);

function undefinedIfGone(thrown: unknown): undefined {
  if (!gone.has(toMillraceError(thrown).code)) throw thrown;
}

/** Surveys the log again and again, each time from where it ended. */
export class Surveyor {
  readonly #log: Log;
  readonly #keepRuns: number;
  readonly #ledger = new RetentionLedger();
  readonly #plans = new Map<string, Plan>();
  readonly #readPlans: ReturnType<typeof createPlans>;

  constructor(log: Log, keepRuns: number, readPlanArtifact: ReadPlanArtifact) {
    this.#log = log;
    this.#keepRuns = keepRuns;
    this.#readPlans = createPlans(log, readPlanArtifact);
  }

  /** Everything up to the log's present end. */
  async survey(): Promise<Survey> {
    await this.#ledger.advance(this.#log);
    const complete = await this.#loadPlans();
    const { atSequence, artifacts, runs } = this.#ledger;
    const collected = [...artifacts].filter(([, { state }]) => state.collectedSequence !== undefined);
    const journals = [...runs.values()].flatMap(({ nodes }) => [...nodes.values()].map(({ journal }) => journal));
    return {
      atSequence,
      kept: reachable(this.#ledger, this.#plans, { keepRuns: this.#keepRuns }),
      known: knownArtifacts(this.#ledger, this.#plans),
      complete,
      collected: new Set(collected.map(([digest]) => digest)),
      claims: new Map(journals.flatMap(({ claim }) => (claim ? [[claim.eventId, claim.sequence] as const] : []))),
    };
  }

  /** Registered plans come with the ledger; those in artifacts are read, unless they were collected long ago. */
  async #loadPlans(): Promise<boolean> {
    let complete = true;
    const load = async (digest: string, artifactDigest: string): Promise<void> => {
      if (this.#plans.has(digest)) return;
      const reference = { digest, artifactDigest, sequence: 0n };
      const plan = await this.#readPlans.load(reference).catch(undefinedIfGone);
      if (plan) this.#plans.set(digest, plan);
      else complete = false;
    };
    for (const versions of this.#ledger.registrations.values())
      for (const { plan, planDigest, planArtifactDigest } of versions)
        if (plan) this.#plans.set(planDigest, plan);
        else await load(planDigest, planArtifactDigest);
    for (const fold of this.#ledger.runs.values())
      for (const { digest, artifactDigest } of plansOfRun(fold)) await load(digest, artifactDigest);
    return complete;
  }
}
