/** Bytes of a stream, taken in exact amounts. */
export class ByteSource {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffered: Buffer[] = [];
  #length = 0;
  /** Bytes taken so far. */
  position = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `count` bytes; fewer if the stream ends before, none at its end. */
  async take(count: number): Promise<Buffer> {
    while (this.#length < count) {
      const next = await this.#chunks.next();
      if (next.done) break;
      this.#buffered.push(next.value);
      this.#length += next.value.length;
    }
    const [first] = this.#buffered;
    const all = this.#buffered.length === 1 && first ? first : Buffer.concat(this.#buffered);
    const taken = all.subarray(0, count);
    this.#buffered = [all.subarray(taken.length)];
    this.#length -= taken.length;
    this.position += taken.length;
    return taken;
  }

  /** Lets the stream go. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
