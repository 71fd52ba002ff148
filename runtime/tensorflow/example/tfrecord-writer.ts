import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { maskedCrc32c } from "./crc32c.ts";

/** Bytes that are compressed at once. */
const chunkBytes = 2 ** 18;

/** Where a gzip header names the system that wrote it. */
const gzipSystemOffset = 9;
/** Unix, as TFX's files say; fixed, so that equal records give equal bytes on any machine. */
const gzipSystemUnix = 3;

/**
 * Writes a gzip TFRecord file; equal records give equal bytes (no time, no name, fixed level).
 * @returns Number of records.
 * Source: TensorFlow's record_writer.cc.
 */
export async function writeTfRecords(
  path: string,
  records: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  let count = 0;
  // Compression costs a trip to a thread per chunk, so records go there together.
  async function* chunks() {
    let frames: Buffer[] = [];
    let bytes = 0;
    for await (const record of records) {
      count += 1;
      frames.push(frame(record));
      bytes += record.length;
      if (bytes < chunkBytes) continue;
      yield Buffer.concat(frames);
      [frames, bytes] = [[], 0];
    }
    yield Buffer.concat(frames);
  }
  await pipeline(chunks, createGzip({ level: 6 }), fixedGzipSystem(), createWriteStream(path));
  return count;
}

/** One record with its length and checksums. */
function frame(record: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(record.length + 16);
  framed.writeBigUInt64LE(BigInt(record.length), 0);
  framed.writeUInt32LE(maskedCrc32c(framed.subarray(0, 8)), 8);
  framed.set(record, 12);
  framed.writeUInt32LE(maskedCrc32c(record), 12 + record.length);
  return framed;
}

function fixedGzipSystem(): Transform {
  let offset = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const index = gzipSystemOffset - offset;
      if (index >= 0 && index < chunk.length) chunk[index] = gzipSystemUnix;
      offset += chunk.length;
      done(null, chunk);
    },
  });
}
