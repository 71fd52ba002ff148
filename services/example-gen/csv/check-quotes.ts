import { createReadStream } from "node:fs";
import { Terminal } from "millrace/model";
import type { DatasetFile } from "../dataset-file.ts";
import { type QuoteFault, QuoteScanner } from "./quote-scanner.ts";

/** Bytes read at once. */
const chunkBytes = 2 ** 20;

/**
 * Checks that every quoted cell is closed where a cell ends.
 * @throws {Terminal} `csv-open-quote`, `csv-stray-quote` naming file and line.
 */
export async function checkQuotes(file: DatasetFile): Promise<void> {
  const fault = await findFault(file.path);
  if (fault === undefined) return;
  const { line, column } = await placeOf(file.path, fault.offset);
  const [code, reason] =
    fault.kind === "open-quote"
      ? ["csv-open-quote", "the quoted cell that starts there is never closed"]
      : [
          "csv-stray-quote",
          'after a closing quote there must be "," or the line\'s end (a quote in a cell is written "")',
        ];
  throw new Terminal(code, `Cannot read ${file.name}, line ${line}, byte ${column} of the line: ${reason}`, {
    file: file.name,
    line,
    column,
  });
}

async function findFault(path: string): Promise<QuoteFault | undefined> {
  const scanner = new QuoteScanner();
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    const fault = scanner.scan(chunk as Buffer);
    if (fault !== undefined) return fault;
  }
  return scanner.end();
}

/** Line and byte of the line, both from 1, of an offset. */
async function placeOf(path: string, offset: number): Promise<{ line: number; column: number }> {
  let line = 1;
  let lineStart = 0;
  let position = 0;
  if (offset > 0) {
    for await (const chunk of createReadStream(path, { end: offset - 1, highWaterMark: chunkBytes })) {
      const bytes = chunk as Buffer;
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) {
        line += 1;
        lineStart = position + at + 1;
      }
      position += bytes.length;
    }
  }
  return { line, column: offset - lineStart + 1 };
}
