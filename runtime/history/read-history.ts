import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Header, Trailer } from "../contracts/millrace/history/v1/history.ts";
import { digestBuilder, hexOf, Terminal } from "../model/mod.ts";
import { damaged, type RecordPlace } from "./damaged.ts";
import { readFrames, type ReadRecord } from "./frames.ts";
import type { RecordValue } from "./write-history.ts";

/** Version of the format that this writes and reads. */
export const formatVersion = 1;

/** A record of a whole history file, between its header and its trailer. */
export type HistoryItem = RecordPlace & { readonly value: Exclude<RecordValue, { $case: "header" | "trailer" }> };

/** A history file being read. */
export interface OpenHistory {
  readonly header: Header;
  /** The records in order; at the end the trailer was held against them. */
  readonly items: AsyncIterable<HistoryItem>;
}

/**
 * Opens a history file, compressed or not.
 * @throws {Terminal} `history-missing`; `history-damaged`, naming record and byte, also while it is read;
 * `history-version`: a later version of the format.
 */
export async function openHistory(file: string): Promise<OpenHistory> {
  const builder = digestBuilder();
  let sum: string | undefined;
  const records = readFrames(file, await piecesOf(file), (bytes) => {
    if (sum === undefined) builder.update(bytes);
  });
  const first = await records.next();
  const value = first.done === true ? undefined : first.value.value;
  if (value?.$case !== "header") throw damaged(file, { record: 1, offset: 0 }, "is not a header");
  assertVersion(file, value.value.formatVersion);
  return { header: value.value, items: itemsOf(file, records, () => (sum ??= hexOf(builder.finish()))) };
}

/**
 * Where a history comes from and what it holds, from its first record alone.
 * @throws {Terminal} as `openHistory`.
 */
export async function readHeader(file: string): Promise<Header> {
  const { header, items } = await openHistory(file);
  for await (const _first of items) break;
  return header;
}

async function* itemsOf(
  file: string,
  records: AsyncIterable<ReadRecord>,
  sumUpToHere: () => string,
): AsyncGenerator<HistoryItem> {
  const counts = { message: 0, payload: 0, chunk: 0 };
  let trailer: Trailer | undefined;
  let last: RecordPlace = { record: 1, offset: 0 };
  for await (const { record, offset, value } of records) {
    last = { record, offset };
    if (trailer !== undefined) throw damaged(file, last, "stands behind the last one");
    if (value.$case === "header") throw damaged(file, last, "is a second header");
    if (value.$case === "trailer") {
      trailer = value.value;
      assertWhole(file, last, trailer, counts, sumUpToHere());
      continue;
    }
    counts[value.$case] += 1;
    yield { record, offset, value };
  }
  if (trailer === undefined) throw damaged(file, last, "is the last one, and the trailer is missing: the file is cut");
}

function assertWhole(
  file: string,
  place: RecordPlace,
  { messages, payloads, sha256 }: Trailer,
  counts: { readonly message: number; readonly payload: number },
  sum: string,
): void {
  if (Number(messages) !== counts.message || Number(payloads) !== counts.payload)
    throw damaged(
      file,
      place,
      `counts ${messages} messages and ${payloads} payloads where there are ${counts.message} and ${counts.payload}`,
    );
  const stated = Buffer.from(sha256).toString("hex");
  if (stated !== sum) throw damaged(file, place, `says that the sha256 before it is ${stated}, and it is ${sum}`);
}

function assertVersion(file: string, version: number): void {
  if (version === formatVersion) return;
  const message = `Cannot read the history ${file}: its format must be version ${formatVersion}: it is ${version}. Use a later Millrace`;
  throw new Terminal("history-version", message, { file });
}

async function piecesOf(file: string): Promise<AsyncIterable<Buffer>> {
  const compressed = await isCompressed(file);
  const source = createReadStream(file);
  if (!compressed) return source;
  // Whatever ends one of the two ends the other; who reads the second is told.
  return pipeline(source, createGunzip(), () => undefined);
}

async function isCompressed(file: string): Promise<boolean> {
  try {
    await using handle = await open(file, "r");
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Terminal("history-missing", `Cannot read the history ${file}: there is no such file`, { file });
  }
}
