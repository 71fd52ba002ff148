import { createWriteStream, existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Record as HistoryRecord } from "../contracts/millrace/history/v1/history.ts";
import { digestBuilder, hexOf, Terminal } from "../model/mod.ts";
import { frameOf, magic } from "./frames.ts";

/** A record to write. */
export type RecordValue = NonNullable<HistoryRecord["record"]>;

/** Bytes gathered before they are handed on. */
const pieceBytes = 256 << 10;

/**
 * Writes records and the trailer behind them to a file that is not there yet; compressed if its name ends in `.gz`.
 * It appears under its name once it is whole and on the disk.
 * @throws {Terminal} `file-exists`.
 */
export async function writeHistory(file: string, records: AsyncIterable<RecordValue>): Promise<void> {
  assertAbsent(file);
  const draft = `${file}.partial`;
  const pieces = Readable.from(gathered(withTrailer(records)));
  try {
    const target = createWriteStream(draft);
    await (file.endsWith(".gz") ? pipeline(pieces, createGzip(), target) : pipeline(pieces, target));
    await flush(draft);
    assertAbsent(file);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function assertAbsent(file: string): void {
  if (!existsSync(file)) return;
  const message = `Cannot write a history to ${file} as it must be a new file: it is there. Name another, or remove it`;
  throw new Terminal("file-exists", message, { file });
}

async function* withTrailer(records: AsyncIterable<RecordValue>): AsyncGenerator<Buffer> {
  const sum = digestBuilder();
  const counts = { message: 0n, payload: 0n };
  sum.update(magic);
  yield magic;
  for await (const value of records) {
    if (value.$case === "message" || value.$case === "payload") counts[value.$case] += 1n;
    const frame = frameOf(value);
    sum.update(frame);
    yield frame;
  }
  const sha256 = Buffer.from(hexOf(sum.finish()), "hex");
  yield frameOf({ $case: "trailer", value: { messages: counts.message, payloads: counts.payload, sha256 } });
}

/** Small frames cost most by their number. */
async function* gathered(frames: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const frame of frames) {
    held.push(frame);
    bytes += frame.length;
    if (bytes < pieceBytes) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  yield Buffer.concat(held);
}

async function flush(file: string): Promise<void> {
  await using handle = await open(file, "r");
  await handle.sync();
}
