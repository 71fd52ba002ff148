import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { Terminal } from "millrace/model";
import type { DatasetFile } from "../dataset-file.ts";

/** Longest header, in bytes. */
const headerBytesMax = 2 ** 20;

/** A CSV file's header. */
export interface Header {
  readonly names: readonly string[];
  /** Lines it takes: more than one if a name holds line feeds. */
  readonly lines: number;
}

/**
 * Reads a CSV file's header, whose quoting has been checked.
 * @throws {Terminal} `csv-empty`, `csv-bad-header`, `csv-one-column`, `csv-duplicate-header`, `csv-bad-utf8`,
 * `csv-nul-byte`; all name the file and line 1, and the column where there is one.
 */
export async function readHeader(file: DatasetFile): Promise<Header> {
  const start = await readStart(file.path);
  if (start.length === 0) throw headerError(file, "csv-empty", "it must have a header and rows: it is empty");
  // As latin1 each byte is a character, so that bytes after the header need not be whole UTF-8 characters.
  const { cells, length } = firstRecord(start.toString("latin1"));
  if (length > headerBytesMax) {
    throw headerError(file, "csv-bad-header", `the header must have at most ${headerBytesMax} bytes`);
  }
  const header = start.subarray(0, length);
  if (header.includes(0)) throw headerError(file, "csv-nul-byte", "it must be text: it holds a NUL byte");
  if (!isUtf8(header)) throw headerError(file, "csv-bad-utf8", "it must be UTF-8: the header isn't");
  const names = cells.map((cell) => Buffer.from(cell, "latin1").toString("utf8"));
  checkNames(file, names);
  return { names, lines: names.join("").split("\n").length };
}

/** The file's first bytes, one more than a header may have, without a byte order mark. */
async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytesMax + 4), 0, headerBytesMax + 4, 0);
  const marked = bytesRead >= 3 && buffer.readUIntBE(0, 3) === 0xefbbbf;
  return buffer.subarray(marked ? 3 : 0, bytesRead);
}

const nextCell = /(?:"([^"]*(?:""[^"]*)*)"|([^,\n]*?))(,|\r?\n|$)/y;

function firstRecord(text: string): { cells: string[]; length: number } {
  const cells: string[] = [];
  nextCell.lastIndex = 0;
  for (let cell = nextCell.exec(text); cell !== null; cell = nextCell.exec(text)) {
    cells.push(cell[1]?.replaceAll('""', '"') ?? cell[2] ?? "");
    if (cell[3] !== ",") break;
  }
  return { cells, length: nextCell.lastIndex };
}

function checkNames(file: DatasetFile, names: readonly string[]): void {
  const [first = ""] = names;
  if (names.length === 1) {
    const found = first.trim() === "" ? "it is blank" : `it has one, ${JSON.stringify(first)}`;
    const reason = `it must have at least two columns, separated by ",": ${found}`;
    throw headerError(file, "csv-one-column", reason);
  }
  for (const [index, name] of names.entries()) {
    if (name === "") throw headerError(file, "csv-bad-header", "each column must have a name: this has none", index);
    const earlier = names.indexOf(name);
    if (earlier < index) {
      const reason = `each column's name must occur once: ${JSON.stringify(name)} is column ${earlier + 1} already`;
      throw headerError(file, "csv-duplicate-header", reason, index, name);
    }
  }
}

function headerError(file: DatasetFile, code: string, reason: string, index?: number, field?: string): Terminal {
  const column = index === undefined ? "" : `, column ${index + 1}`;
  return new Terminal(code, `Cannot read ${file.name}, line 1${column}: ${reason}`, {
    file: file.name,
    line: 1,
    ...(index === undefined ? {} : { column: index + 1 }),
    ...(field === undefined ? {} : { field }),
  });
}
