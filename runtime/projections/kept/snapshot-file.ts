import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { digestOf } from "../../model/mod.ts";

/** A projection as it was kept: what it is of, and its lines. */
export interface Snapshot {
  /** Says what the lines were folded from; whoever reads it holds it to the log. */
  readonly key: SnapshotKey;
  /** Lines of text, each ended by "\n". */
  readonly lines: string;
}

/** What a snapshot was folded from: a stream up to one of its messages. */
export interface SnapshotKey {
  /** When the stream was made, as the server says. */
  readonly created: string;
  /** Last sequence folded. */
  readonly sequence: number;
  /** Digest of the message there: a stream put back from an older copy has another, or none. */
  readonly lastDigest: string;
}

/** Larger ones are not kept. */
const bytesMax = 256 * 1024 * 1024;

/** Snapshots of other streams, and of other versions, that stay beside the newest. */
const othersMax = 3;

const extension = ".snapshot";

/**
 * Reads a snapshot.
 * @returns undefined if there is none, or if it is damaged, cut or no snapshot at all: it is a cache.
 */
export async function readSnapshot(file: string): Promise<Snapshot | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const end = text.indexOf("\n");
  const lines = text.slice(end + 1);
  const key = parseHeader(text.slice(0, Math.max(0, end)));
  return key !== undefined && key.digest === digestOf(lines) ? { key, lines } : undefined;
}

/** Keeps a snapshot in place of the one before, at once or not at all. What cannot be written is not kept. */
export async function writeSnapshot(file: string, { key, lines }: Snapshot): Promise<void> {
  if (lines.length > bytesMax) return;
  const { created, sequence, lastDigest } = key;
  const header = JSON.stringify({ created, sequence, lastDigest, digest: digestOf(lines) });
  const draft = `${file}.${process.pid}-${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, `${header}\n${lines}`);
    await rename(draft, file);
    await removeOthers(file);
  } catch {
    await rm(draft, { force: true }).catch(() => {});
  }
}

function parseHeader(text: string): (SnapshotKey & { readonly digest: unknown }) | undefined {
  try {
    const { created, sequence, lastDigest, digest }: Record<string, unknown> = JSON.parse(text);
    if (typeof created !== "string" || typeof lastDigest !== "string" || !Number.isSafeInteger(sequence)) return;
    return { created, sequence: Number(sequence), lastDigest, digest };
  } catch {
    return undefined;
  }
}

/** Snapshots that were not written for longest go; drafts of a process that died are as old as its last snapshot. */
async function removeOthers(file: string): Promise<void> {
  const directory = dirname(file);
  const others = (await readdir(directory)).filter((name) => name !== basename(file) && name.includes(extension));
  const aged = await Promise.all(
    others.map(async (name) => {
      const path = join(directory, name);
      return {
        path,
        writtenMs: await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      };
    }),
  );
  const old = aged.toSorted((a, b) => b.writtenMs - a.writtenMs).slice(othersMax);
  for (const { path } of old) await rm(path, { force: true });
}
