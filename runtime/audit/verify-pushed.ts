import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type ArtifactStore, fileSha256 } from "../artifacts/mod.ts";
import type { ManifestEntry } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Report } from "./findings.ts";
import type { PushedVersion, SharedAudit } from "./shared-audit.ts";

/** Part of a Model artifact that is pushed. Source: services/pusher. */
const servingFormat = "Format-Serving/";

/**
 * Looks at every version that was pushed to a local directory: what servers find there must be the model's files.
 * Versions behind the served one may have been removed.
 */
export async function verifyPushed(
  shared: SharedAudit,
  store: ArtifactStore,
  problem: Report,
  note: Report,
): Promise<void> {
  for (const { served, versions } of shared.pushed())
    for (const version of versions)
      if (version.uri.startsWith("file:"))
        await verifyVersion(store, version, version.push.version === served?.version, problem, note);
}

async function verifyVersion(
  store: ArtifactStore,
  { push, uri, sequence, subject, elsewhere }: PushedVersion,
  served: boolean,
  problem: Report,
  note: Report,
): Promise<void> {
  const path = fileURLToPath(uri);
  const digest = push.model?.digest ?? null;
  const at = { sequence, subject, digest, path };
  if (!existsSync(path)) {
    const message = `Version ${push.version} is not at ${path}`;
    if (elsewhere) return note("push-elsewhere", at, `${message}: it was pushed where this log was imported from`);
    if (served) return problem("pushed-missing", at, `${message}, from where it is served`);
    return note("pushed-removed", at, `${message} any more; a later one is served`);
  }
  const wanted = await servedFiles(store, digest);
  if (wanted === undefined) return;
  const different = await differenceBetween(path, wanted);
  if (different === undefined) return;
  const place = join(path, different);
  problem("pushed-differs", { ...at, path: place }, `Version ${push.version} is not what was pushed: ${place} differs`);
}

/** Files of a model that servers get; undefined if they are not known: the model is gone, or pushed in another form. */
async function servedFiles(store: ArtifactStore, digest: string | null): Promise<readonly ManifestEntry[] | undefined> {
  if (digest === null || !(await store.has(digest))) return undefined;
  const { entries } = await store.manifest(digest);
  const served = entries.filter(({ path }) => path.startsWith(servingFormat));
  if (served.length === 0) return undefined;
  return served.map(({ path, bytes, sha256 }) => ({ path: path.slice(servingFormat.length), bytes, sha256 }));
}

/** The first path that is not as it should be. */
async function differenceBetween(root: string, wanted: readonly ManifestEntry[]): Promise<string | undefined> {
  const left = new Set(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  for (const { path, bytes, sha256 } of wanted) {
    const place = join(root, path);
    if (!left.delete(path) || statSync(place).size !== Number(bytes)) return path;
    if ((await fileSha256(place, Number(bytes))) !== sha256) return path;
  }
  return [...left][0];
}
