/** What is wrong with a CSV file's quoting, and at which byte. */
export interface QuoteFault {
  readonly kind: "open-quote" | "stray-quote";
  /** Offset of the quote, from 0. */
  readonly offset: number;
}

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Finds faults of quoting in chunks of a CSV file, jumping from quote to quote: the engine takes a quoted cell that
 * is never closed as one that ends with the file, silently losing the rows in it.
 * A quote inside an unquoted cell is text, as Python's csv (and so TFX) has it.
 */
export class QuoteScanner {
  #offset = 0;
  #previous: number | undefined;
  /** Offset of the quote that opened the cell. */
  #opened: number | undefined;
  /** Offset of a quote whose meaning the next byte decides: the cell's end, or half of an escaped quote. */
  #undecided: number | undefined;

  /** Scans the next chunk; returns the first fault in it. */
  scan(chunk: Buffer): QuoteFault | undefined {
    const fault = this.#scan(chunk);
    this.#previous = chunk.at(-1) ?? this.#previous;
    this.#offset += chunk.length;
    return fault;
  }

  /** The fault that shows only at the file's end. */
  end(): QuoteFault | undefined {
    if (this.#opened === undefined || this.#undecided !== undefined) return undefined;
    return { kind: "open-quote", offset: this.#opened };
  }

  #scan(chunk: Buffer): QuoteFault | undefined {
    for (let index = this.#undecided === undefined ? chunk.indexOf(quote) : 0; index !== -1 && index < chunk.length;) {
      if (this.#undecided !== undefined) {
        if (chunk[index] === quote) index += 1;
        else if (!endsCell(chunk[index])) return { kind: "stray-quote", offset: this.#undecided };
        else this.#opened = undefined;
        this.#undecided = undefined;
        index = chunk.indexOf(quote, index);
      } else if (this.#opened === undefined) {
        if (this.#startsCell(chunk, index)) this.#opened = this.#offset + index;
        index = chunk.indexOf(quote, index + 1);
      } else {
        this.#undecided = this.#offset + index;
        index += 1;
      }
    }
    return undefined;
  }

  #startsCell(chunk: Buffer, index: number): boolean {
    const before = index === 0 ? this.#previous : chunk[index - 1];
    if (before === undefined || before === comma || before === lineFeed) return true;
    return this.#offset === 0 && index === byteOrderMark.length && chunk.subarray(0, index).equals(byteOrderMark);
  }
}

function endsCell(byte: number | undefined): boolean {
  return byte === comma || byte === lineFeed || byte === carriageReturn;
}
