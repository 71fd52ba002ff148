import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { digestBuilder, digestOf, hexOf } from "../model/mod.ts";

/** Up to this size a file is read whole by one synchronous call, which is fastest. */
const wholeFileBytesMax = 1 << 20;

/** Piece in which larger files are read. */
const pieceBytes = 1 << 20;

/** Up to this size a file is hashed in one turn of the event loop, about 50 ms; larger ones let other work in. */
const oneTurnBytesMax = 64 << 20;

/**
 * The sha256 of a file's content, as 64 hex digits.
 * Synchronous for what is small (0.58 ms against 0.94 for stage, write and commit), in turns for what is large.
 */
export async function fileSha256(path: string, bytes: number): Promise<string> {
  if (bytes <= wholeFileBytesMax) return hexOf(digestOf(readFileSync(path)));
  return bytes <= oneTurnBytesMax ? hashInOneTurn(path) : hashInTurns(path);
}

function hashInOneTurn(path: string): string {
  const digest = digestBuilder();
  const piece = Buffer.allocUnsafe(pieceBytes);
  const file = openSync(path, "r");
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece))
      digest.update(piece.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hexOf(digest.finish());
}

async function hashInTurns(path: string): Promise<string> {
  const digest = digestBuilder();
  const piece = Buffer.allocUnsafe(pieceBytes);
  await using file = await open(path, "r");
  for (let { bytesRead } = await file.read(piece); bytesRead > 0; { bytesRead } = await file.read(piece)) {
    digest.update(piece.subarray(0, bytesRead));
  }
  return hexOf(digest.finish());
}
