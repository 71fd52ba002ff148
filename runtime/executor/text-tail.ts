/**
 * The last bytes of a text that comes in pieces, for example a child's stderr.
 * Whole characters: where the bound cuts one, its rest is left out.
 */
export class TextTail {
  readonly bytesMax: number;
  #kept = Buffer.alloc(0);
  #total = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes that have come in all; a mark for `since`. */
  get total(): number {
    return this.#total;
  }

  push(piece: Uint8Array): void {
    this.#total += piece.length;
    const all = Buffer.concat([this.#kept, piece]);
    this.#kept = all.length > this.bytesMax ? Buffer.from(all.subarray(all.length - this.bytesMax)) : all;
  }

  /** What is kept of all that came after a mark. */
  since(mark: number): string {
    const bytes = Math.min(this.#total - mark, this.#kept.length);
    return wholeCharacters(this.#kept.subarray(this.#kept.length - bytes));
  }

  toString(): string {
    return this.since(0);
  }
}

function wholeCharacters(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString("utf8");
}
