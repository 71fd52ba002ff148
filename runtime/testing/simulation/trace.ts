/** What happened in a simulation, as one number, and as lines if asked for. */
export class Trace {
  readonly lines: string[] | undefined;
  #hash = 0x811c9dc5;

  /** @param keep Whether to keep the lines, for people. */
  constructor(keep = false) {
    this.lines = keep ? [] : undefined;
  }

  note(atMs: number, process: string, what: string): void {
    this.#mix(Math.floor(atMs * 1_000));
    this.#text(process);
    this.#text(what);
    this.lines?.push(`${(atMs / 1_000).toFixed(3).padStart(9)} s  ${process.padEnd(12)} ${what}`);
  }

  /** The same for the same events at the same times. Source: FNV-1a. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  #text(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
  }
}
