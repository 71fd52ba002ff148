import { type ArtifactStore, planReader } from "../artifacts/mod.ts";
import type { StoreKeeper } from "../control/mod.ts";
import { createPlans } from "../driver/mod.ts";
import { bundlesOfPlan } from "../history/mod.ts";
import type { Log } from "../log/mod.ts";
import { type Finding, Findings } from "./findings.ts";
import { noteLeftovers } from "./verify-leftovers.ts";
import { verifyArtifacts } from "./verify-artifacts.ts";
import { type VerifiedLog, verifyLog } from "./verify-log.ts";
import { verifyPushed } from "./verify-pushed.ts";

export interface VerifyOptions {
  readonly log: Log;
  readonly store: ArtifactStore;
  /** For what lies in the store and nothing refers to; without it nobody looks. */
  readonly keeper?: StoreKeeper;
  /** Last sequence that counts. */
  readonly to: number;
  /** Told now and then how far it is, in a sentence. */
  readonly progress?: (sentence: string) => void;
}

/** What a look at the whole log and store found. */
export interface Verified {
  /** Whether there is no problem. */
  readonly ok: boolean;
  /** Messages read. */
  readonly events: number;
  /** Events of a later version among them, which every fold leaves out. */
  readonly unknown: number;
  /** Artifacts found whole, and their bytes. */
  readonly artifacts: number;
  readonly bytes: number;
  readonly problems: readonly Finding[];
  /** What is worth knowing and no problem. */
  readonly notes: readonly Finding[];
  /** Problems and notes beyond those that are listed. */
  readonly omitted: number;
}

/**
 * Walks the whole log and the artifact store: every message decodes and follows from those before it, every carried
 * state is the fold's, every outcome what the journals say, every artifact there with its digest, every pushed version
 * in its place. It writes nothing.
 * Source: docs/verify.md.
 */
export async function verify({ log, store, keeper, to, progress = () => undefined }: VerifyOptions): Promise<Verified> {
  const problems = new Findings();
  const notes = new Findings();
  const readPlan = planReader(store);
  const found = { problem: problems.report, note: notes.report };
  const verified = await verifyLog({
    ...found,
    log,
    to,
    readPlan,
    plans: createPlans(log, readPlan),
    progress: (sequence) => progress(`message ${sequence} of ${to}`),
  });
  await addBundles(store, verified);
  const total = verified.references.size;
  const { artifacts, bytes } = await verifyArtifacts({
    ...found,
    log,
    store,
    verified,
    progress: (looked) => progress(`artifact ${looked} of ${total}`),
  });
  await verifyPushed(verified.shared, store, problems.report, notes.report);
  if (keeper) await noteLeftovers(keeper, verified.references, notes.report);
  return {
    ok: problems.kept.length === 0,
    events: verified.events,
    unknown: verified.unknown,
    artifacts,
    bytes,
    problems: problems.kept,
    notes: notes.kept,
    omitted: problems.omitted + notes.omitted,
  };
}

/** Adds what plans in artifacts refer to, and the log does not say. */
async function addBundles(store: ArtifactStore, { references }: VerifiedLog): Promise<void> {
  for (const [digest, referred] of [...references].filter(([, { type }]) => type === "Plan"))
    for (const bundle of await bundlesOfPlan(store, digest).catch(() => []))
      if (!references.has(bundle.digest)) references.set(bundle.digest, { ...referred, type: bundle.type });
}
