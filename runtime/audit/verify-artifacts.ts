import { existsSync } from "node:fs";
import type { ArtifactStore } from "../artifacts/mod.ts";
import { chainFromLast, retentionChain } from "../journal/mod.ts";
import { type Log, subjectsOf } from "../log/mod.ts";
import { hexOf, MillraceError, toMillraceError } from "../model/mod.ts";
import type { Report } from "./findings.ts";
import type { ReferredTo, VerifiedLog } from "./verify-log.ts";

export interface VerifyArtifactsOptions {
  readonly log: Log;
  readonly store: ArtifactStore;
  readonly verified: VerifiedLog;
  readonly problem: Report;
  readonly note: Report;
  /** Told now and then of how many were looked at. */
  readonly progress?: (looked: number) => void;
}

/** What a look at the artifacts found whole. */
export interface VerifiedArtifacts {
  readonly artifacts: number;
  readonly bytes: number;
}

/** Artifacts between two words about progress. */
const progressEvery = 100;

/**
 * Reads every artifact that the log refers to, every byte of every file, and holds it against its digest. One whose
 * bytes were given up may be gone.
 */
export async function verifyArtifacts(options: VerifyArtifactsOptions): Promise<VerifiedArtifacts> {
  const { store, verified } = options;
  let looked = 0;
  let artifacts = 0;
  let bytes = 0;
  for (const [digest, reference] of verified.references) {
    looked += 1;
    if (looked % progressEvery === 0) options.progress?.(looked);
    const failure = await lookAt(store, digest);
    if (failure === undefined) {
      artifacts += 1;
      for (const entry of (await store.manifest(digest)).entries) bytes += Number(entry.bytes);
    } else if (!(await isGivenUp(options, digest))) report(options, digest, reference, failure);
  }
  return { artifacts, bytes };
}

async function lookAt(store: ArtifactStore, digest: string): Promise<MillraceError | undefined> {
  try {
    await store.open(digest);
    return undefined;
  } catch (thrown) {
    return toMillraceError(thrown);
  }
}

/** Whether an artifact was collected, by now if not yet at the moment that is looked at. */
async function isGivenUp({ log, verified }: VerifyArtifactsOptions, digest: string): Promise<boolean> {
  const subject = subjectsOf(log.namespace).artifactChain(hexOf(digest));
  if (verified.shared.isCollected(subject)) return true;
  const chain = chainFromLast(retentionChain, await log.leaderLastOf(subject));
  return chain?.state.collectedSequence !== undefined;
}

function report(
  { problem, note }: VerifyArtifactsOptions,
  digest: string,
  { type, sequence, subject, importedOnly }: ReferredTo,
  failure: MillraceError,
): void {
  const path = failure.place.file ?? null;
  const at = { sequence, subject, digest, path };
  if (failure.code === "artifact-missing" && importedOnly)
    return note("artifact-not-brought", at, `The ${type} ${digest} of an imported run was not brought along`);
  const code = failure.code === "digest-mismatch" ? damageOf(path) : failure.code;
  problem(code, at, `The ${type} ${digest} is not whole: ${failure.message}`);
}

/** A file that is gone is one thing, and one with other bytes another. */
function damageOf(path: string | null): string {
  return path !== null && !existsSync(path) ? "file-missing" : "artifact-damaged";
}
