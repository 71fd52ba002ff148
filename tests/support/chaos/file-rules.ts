import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditedLog } from "./log-audit.ts";

const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

/**
 * What a store breaks: an artifact that an outcome names and that is not there whole, or one that is there and that
 * nothing in the log names.
 */
export function storeViolations(store: string, log: AuditedLog): readonly string[] {
  const stored = storedArtifacts(store);
  const named = new Set([...log.runs.values()].flatMap(({ digests }) => Array.from(digests.values())));
  const missing = [...named].filter((digest) => !stored.has(digest));
  return [
    ...missing.map((digest) => `artifact ${digest} is not in the store`),
    ...[...stored].flatMap(([digest, place]) => payloadViolations(digest, place)),
    ...[...stored.keys()].filter((digest) => !mentions(log, digest)).map((digest) => `artifact ${digest} is nobody's`),
  ];
}

/** Places of the artifacts that can be seen, those with a manifest, by digest. */
function storedArtifacts(store: string): ReadonlyMap<string, string> {
  const root = join(store, "sha256");
  const suffix = ".manifest.json";
  const prefixes = existsSync(root) ? readdirSync(root) : [];
  return new Map(
    prefixes.flatMap((prefix) =>
      readdirSync(join(root, prefix))
        .filter((name) => name.endsWith(suffix))
        .map((name): [string, string] => {
          const hex = name.slice(0, -suffix.length);
          return [`sha256:${hex}`, join(root, prefix, hex)];
        }),
    ),
  );
}

function payloadViolations(digest: string, place: string): readonly string[] {
  const manifest = readFileSync(`${place}.manifest.json`);
  if (`sha256:${sha256(manifest)}` !== digest) return [`the manifest of ${digest} is not of that digest`];
  const { entries } = JSON.parse(manifest.toString()) as {
    readonly entries: readonly { readonly path: string; readonly sha256: string }[];
  };
  const broken = entries.filter((entry) => {
    const file = join(place, entry.path);
    return !existsSync(file) || sha256(readFileSync(file)) !== entry.sha256;
  });
  return broken.map((entry) => `file ${entry.path} of ${digest} is not what its manifest says`);
}

/** Whether any message of the log holds the digest: outcomes, plans, bundles, datasets. */
function mentions({ text }: AuditedLog, digest: string): boolean {
  return text.some((part) => part.includes(digest));
}

/** What is in a destination and was not pushed, or was pushed and is not there. */
export function destinationViolations(directory: string, versions: readonly bigint[]): readonly string[] {
  const there = existsSync(directory) ? readdirSync(directory) : [];
  const wanted = versions.map(String);
  return [
    ...there.filter((name) => !wanted.includes(name)).map((name) => `${directory} holds ${name}, which was not pushed`),
    ...wanted.filter((name) => !there.includes(name)).map((name) => `${directory} lacks version ${name}`),
  ];
}
