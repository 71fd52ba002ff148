import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { pipeline } from "node:stream";
import { Terminal } from "../../model/mod.ts";
import { ByteSource } from "./byte-source.ts";
import { maskedCrc32c } from "./crc32c.ts";

/** Longest record that is read, in bytes: a protobuf message can't be longer. */
export const recordBytesMax = 2 ** 31 - 1;

const headerBytes = 12;
const footerBytes = 4;

/**
 * Reads a TFRecord file, plain or gzip (told by its first bytes), record by record.
 * @returns Records in the file's order; a record's bytes may share memory with its neighbours'.
 * @throws {Terminal} `bad-tfrecord` naming file, record (from 0) and offset in the uncompressed bytes: a checksum that
 * differs, a record cut short, or broken gzip.
 * Source: TensorFlow's record_reader.cc.
 */
export async function* readTfRecords(path: string): AsyncGenerator<Buffer, void> {
  const source = new ByteSource(await openChunks(path));
  try {
    for (let record = 0; ; record += 1) {
      const at = { path, record, offset: source.position };
      const header = await takeChecked(source, headerBytes, at);
      if (header.length === 0) return;
      if (header.length < headerBytes) throw badRecord(at, "the file ends inside its header");
      check(header.subarray(0, 8), header.readUInt32LE(8), "its length's", at);
      const length = header.readBigUInt64LE(0);
      if (length > recordBytesMax) throw badRecord(at, `it may have ${recordBytesMax} bytes: it has ${length}`);
      const body = await takeChecked(source, Number(length) + footerBytes, at);
      if (body.length < Number(length) + footerBytes) throw badRecord(at, "the file ends inside it");
      const data = body.subarray(0, Number(length));
      check(data, body.readUInt32LE(Number(length)), "its data's", at);
      yield data;
    }
  } finally {
    await source.close();
  }
}

interface RecordPlace {
  readonly path: string;
  readonly record: number;
  readonly offset: number;
}

async function openChunks(path: string): Promise<AsyncIterable<Buffer>> {
  const file = createReadStream(path);
  if (!(await isGzip(path))) return file;
  // The consumer sees an error of either stream on the last one.
  return pipeline(file, createGunzip(), () => {});
}

async function isGzip(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}

async function takeChecked(source: ByteSource, count: number, at: RecordPlace): Promise<Buffer> {
  try {
    return await source.take(count);
  } catch (error) {
    throw badRecord(at, error instanceof Error ? error.message : String(error), error);
  }
}

function check(bytes: Buffer, stored: number, whose: string, at: RecordPlace): void {
  const computed = maskedCrc32c(bytes);
  if (computed !== stored) {
    throw badRecord(at, `${whose} checksum must be 0x${computed.toString(16)}: it is 0x${stored.toString(16)}`);
  }
}

function badRecord(at: RecordPlace, reason: string, cause?: unknown): Terminal {
  return new Terminal("bad-tfrecord", `Cannot read record ${at.record} of ${at.path} at byte ${at.offset}: ${reason}`, {
    file: at.path,
    ...(cause === undefined ? {} : { cause }),
  });
}
