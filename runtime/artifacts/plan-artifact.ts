import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hexOf, digestOf } from "../model/mod.ts";
import { manifestDigest } from "./manifest.ts";
import type { ArtifactStore } from "./store.ts";

/** Name of the one file of a plan's artifact. */
const planFile = "plan.pb";

/** Puts a plan that is too large for an event into an artifact. @returns its digest. */
export async function storePlan(store: ArtifactStore, bytes: Uint8Array): Promise<string> {
  const staging = await store.stage(`plan-${hexOf(digestOf(bytes)).slice(0, 16)}`, "plan");
  await writeFile(join(staging.path, planFile), bytes);
  return (await store.commit(staging, { type: "Plan" })).digest;
}

/** The digest that a plan's artifact has, or would have. */
export function planArtifactDigest(bytes: Uint8Array): string {
  const entry = { path: planFile, bytes: BigInt(bytes.length), sha256: hexOf(digestOf(bytes)) };
  return manifestDigest({ entries: [entry] });
}

/** Reads a plan's bytes back from its artifact. */
export function planReader(store: ArtifactStore): (digest: string) => Promise<Uint8Array> {
  return async (digest) => readFile(join(await store.open(digest), planFile));
}
