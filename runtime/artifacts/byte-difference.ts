import { type FileHandle, open } from "node:fs/promises";

/** Piece in which both files are read. */
const pieceBytes = 1 << 20;

/** The first byte in which two files differ, in words. */
export async function firstByteDifference(was: string, is: string): Promise<string> {
  await using before = await open(was, "r");
  await using after = await open(is, "r");
  const pieces = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)] as const;
  for (let offset = 0; ; offset += pieceBytes) {
    const [left, right] = [await fill(before, pieces[0], offset), await fill(after, pieces[1], offset)];
    const at = firstUnequal(left, right);
    if (at !== undefined) return describe(offset + at, left[at], right[at]);
    if (left.length < pieceBytes) return "no byte differs";
  }
}

/** As many bytes from an offset as there are, up to a piece. */
async function fill(file: FileHandle, piece: Buffer, offset: number): Promise<Buffer> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(piece, length, piece.length - length, offset + length);
    length += bytesRead;
    if (bytesRead === 0 || length === piece.length) return piece.subarray(0, length);
  }
}

/** Position of the first unequal byte, or where the shorter one ends; undefined if they are equal. */
function firstUnequal(left: Buffer, right: Buffer): number | undefined {
  if (left.equals(right)) return undefined;
  const common = Math.min(left.length, right.length);
  for (let at = 0; at < common; at++) if (left[at] !== right[at]) return at;
  return common;
}

function describe(offset: number, was: number | undefined, is: number | undefined): string {
  if (was === undefined) return `byte ${offset}: it ended there, and goes on`;
  if (is === undefined) return `byte ${offset}: it went on there, and ends`;
  return `byte ${offset} was ${hex(was)}, is ${hex(is)}`;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
