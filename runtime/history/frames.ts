import { crc32 } from "node:zlib";
import { Record as HistoryRecord } from "../contracts/millrace/history/v1/history.ts";
import { damaged, type RecordPlace } from "./damaged.ts";

/** First bytes of every history file. */
export const magic = Buffer.from("millrace-history\n");

/** Largest record, in bytes: a message as large as a server takes, and what is around it. */
const recordBytesMax = 65 << 20;

const prefixBytes = 8;

/** A record and where it stands. */
export interface ReadRecord extends RecordPlace {
  readonly record: number;
  readonly value: NonNullable<HistoryRecord["record"]>;
}

/** A record's bytes in the file: its length and its CRC-32, 32 bits each with the lowest byte first, and the record. */
export function frameOf(value: NonNullable<HistoryRecord["record"]>): Buffer {
  const body = HistoryRecord.encode({ record: value }).finish();
  const frame = Buffer.allocUnsafe(prefixBytes + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame.writeUInt32LE(crc32(body), 4);
  frame.set(body, prefixBytes);
  return frame;
}

/**
 * Reads records out of a file's bytes, holding no more than one record and the last piece.
 * @param passed Told of every byte before it is known what comes next, for a sum over them.
 * @throws {Terminal} `history-damaged`, naming record and byte.
 */
export async function* readFrames(
  file: string,
  pieces: AsyncIterable<Buffer>,
  passed: (bytes: Buffer) => void,
): AsyncGenerator<ReadRecord> {
  const source = new Pieces(pieces);
  try {
    yield* framesFrom(file, source, passed);
  } finally {
    await source.close();
  }
}

async function* framesFrom(file: string, source: Pieces, passed: (bytes: Buffer) => void): AsyncGenerator<ReadRecord> {
  const place = { record: 1, offset: 0 };
  const head = await source.take(magic.length);
  if (head === undefined || !head.equals(magic)) throw damaged(file, place, "does not begin as a history does");
  passed(head);
  for (place.offset = magic.length; ; place.record++) {
    const prefix = await source.take(prefixBytes);
    if (prefix === undefined && source.left === 0 && source.fault === undefined) return;
    if (prefix === undefined) throw damaged(file, place, source.shortfall(prefixBytes));
    const length = prefix.readUInt32LE(0);
    if (length > recordBytesMax) throw damaged(file, place, `claims to have ${length} bytes`);
    const body = await source.take(length);
    if (body === undefined) throw damaged(file, place, source.shortfall(length));
    if (crc32(body) !== prefix.readUInt32LE(4)) throw damaged(file, place, "does not have its checksum");
    const value = valueOf(body);
    if (value === undefined) throw damaged(file, place, "is of a kind that this version does not know");
    yield { ...place, value };
    passed(prefix);
    passed(body);
    place.offset += prefixBytes + length;
  }
}

function valueOf(body: Buffer): HistoryRecord["record"] {
  try {
    return HistoryRecord.decode(body).record;
  } catch {
    return undefined;
  }
}

/** Bytes in pieces of any size, taken in the sizes that are wanted. */
class Pieces {
  readonly #from: AsyncIterator<Buffer>;
  #held: Buffer[] = [];
  /** Bytes read and not taken. */
  left = 0;
  /** What broke the pieces off: a compressed file that is cut or altered. */
  fault: string | undefined;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#from = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes; undefined if there are fewer. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.left < length) {
      const next = await this.#next();
      if (next === undefined) return undefined;
      this.#held.push(next);
      this.left += next.length;
    }
    const all = this.#held.length === 1 && this.#held[0] ? this.#held[0] : Buffer.concat(this.#held);
    this.#held = [all.subarray(length)];
    this.left -= length;
    return all.subarray(0, length);
  }

  async close(): Promise<void> {
    await this.#from.return?.();
  }

  /** Why there are fewer bytes than wanted. */
  shortfall(wanted: number): string {
    return `ends after ${this.left} of ${wanted} bytes${this.fault === undefined ? "" : ` (${this.fault})`}`;
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const next = await this.#from.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error) || !String(error.code).startsWith("Z_")) throw error;
      this.fault = error.message;
      return undefined;
    }
  }
}
