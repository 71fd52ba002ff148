import { setTimeout as sleep } from "node:timers/promises";
import type { ReadPlanArtifact } from "../../driver/mod.ts";
import { subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { hexOf } from "../../model/mod.ts";
import { findGarbage } from "./candidates.ts";
import type { Garbage } from "./candidates.ts";
import { restoreChains } from "./restore-chains.ts";
import { settleTrash } from "./settle-trash.ts";
import type { TrashReport } from "./settle-trash.ts";
import type { Leftovers, StoreKeeper } from "./store-keeper.ts";
import { Surveyor } from "./survey.ts";
import { writeRetention } from "./write-retention.ts";

export interface CollectOptions {
  /** Newest runs of each pipeline whose artifacts are kept. */
  readonly keepRuns: number;
  /** Whether to delete; else only what would be deleted is told. */
  readonly apply: boolean;
  /** How long what was taken away can be brought back at least, in milliseconds. */
  readonly graceMs: number;
  /** Only what no other pipeline refers to. */
  readonly pipeline?: string;
  readonly readPlanArtifact: ReadPlanArtifact;
}

/** What a collection did, or would do. */
export interface CollectionReport {
  readonly applied: boolean;
  /** Last sequence of the log that it was decided by. */
  readonly atSequence: number;
  readonly kept: { readonly artifacts: number; readonly bytes: number };
  /** What nobody needs, largest first. */
  readonly garbage: readonly Garbage[];
  /** Staging of processes and executions that are gone. */
  readonly staging: Leftovers;
  readonly trash: TrashReport;
  /** Digests that were collected and are there again. */
  readonly restored: readonly string[];
}

const untouched = { claims: 0, freed: { artifacts: 0, bytes: 0 } };

/** Tombstones written at once. */
const tombstonesAtOnce = 32;

/** Longest that a collection waits itself for its grace to pass, in milliseconds; after a longer one the next goes on. */
const graceWaitMsMax = 15_000;

/** Staging that has not changed for so long may be removed, in milliseconds. */
const stagingUntouchedMs = 600_000;

/**
 * Collects artifacts that nothing kept refers to: a tombstone first, then out of their addresses into the trash, and
 * deleted only when nobody can refer to them any more, as a second look at the log tells. What an event has named
 * meanwhile comes back. Any step may be the last: the next collection goes on from there; several at once are safe.
 * Source: docs/protocol.md, Collecting.
 *
 * @throws {Retryable} `log-unavailable`, `store-io`: nothing is lost; collect again.
 */
export async function collectGarbage(
  log: Log,
  keeper: StoreKeeper,
  options: CollectOptions,
): Promise<CollectionReport> {
  const { apply, keepRuns, graceMs, pipeline } = options;
  const surveyor = new Surveyor(log, keepRuns, options.readPlanArtifact);
  const survey = await surveyor.survey();
  const nowMs = log.clock.epochMs();
  const { garbage, kept, returned } = await findGarbage(keeper, survey, { pipeline, nowMs });
  const sweeping = { isOpen: (id: string) => survey.claims.has(id), untouchedMs: stagingUntouchedMs, remove: apply };
  const staging = pipeline === undefined ? await keeper.sweepStaging(sweeping) : { places: 0, bytes: 0 };
  const report = { applied: apply, atSequence: survey.atSequence, kept, staging };
  if (!apply) return { ...report, garbage, trash: { ...(await keeper.inTrash()), ...untouched }, restored: [] };

  const left = await keeper.takeOver();
  const policy = `not reachable; the last ${keepRuns} runs of each pipeline are kept`;
  const buried = await bury(log, garbage, policy, survey.atSequence);
  const taken = await keeper.discard(buried.map(({ digest }) => digest));
  const ending = { atMs: log.clock.epochMs(), sequence: await log.leaderLastSequence() };
  const seal = async (batch: typeof taken) => (batch.sealed ? batch : keeper.seal(batch, ending.atMs, ending.sequence));
  const batches = await Promise.all([...left, taken].map(seal));
  if (taken.digests.length > 0 && graceMs > 0 && graceMs <= graceWaitMsMax) await sleep(graceMs);
  const settled = await settleTrash(log, keeper, { batches, survey: await surveyor.survey(), graceMs });
  const restored = [...settled.restored, ...(await restoreChains(log, returned))];
  return { ...report, garbage: buried, trash: settled.trash, restored };
}

/**
 * Writes tombstones. @returns those that may go: not what was pinned meanwhile, nor what another collection took.
 */
async function bury(log: Log, garbage: readonly Garbage[], policy: string, upTo: number): Promise<readonly Garbage[]> {
  const subjects = subjectsOf(log.namespace);
  const buried: Garbage[] = [];
  for (let from = 0; from < garbage.length; from += tombstonesAtOnce) {
    const some = garbage.slice(from, from + tombstonesAtOnce).map(async (artifact) => {
      const value = { policy, bytes: BigInt(artifact.bytes) };
      const subject = subjects.artifactChain(hexOf(artifact.digest));
      const { sequence } = await writeRetention(log, subject, ({ pinned, collectedSequence = 0 }) =>
        pinned === undefined && collectedSequence <= upTo ? { $case: "collected", value } : undefined,
      );
      return sequence === undefined ? [] : [artifact];
    });
    buried.push(...(await Promise.all(some)).flat());
  }
  return buried;
}
