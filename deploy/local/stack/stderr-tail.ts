/** How much of what a process wrote to stderr is kept for messages, in bytes. */
const stderrTailBytesMax = 4_096;

/** Keeps the end of a stream of text. */
export function stderrTail(): { add(piece: Buffer): void; text(): string } {
  let tail = Buffer.alloc(0);
  return {
    add(piece) {
      tail = Buffer.concat([tail, piece]).subarray(-stderrTailBytesMax);
    },
    text: () => tail.toString("utf8").trim(),
  };
}
