import type { Engine } from "millrace/engine";
import { Terminal } from "millrace/model";
import type { DatasetFile } from "../dataset-file.ts";

/** A CSV file's cells in the engine, as text. */
export interface Cells {
  /** Table with `row` (from 0, blank lines among them) and a Nullable(String) for each of `columns` and `extra`. */
  readonly table: string;
  /** Columns of the header, in order: `c1`, `c2`, …; NULL where a row is too short. */
  readonly columns: readonly string[];
  /** A column more than the header has; NULL unless a row is too long. */
  readonly extra: string;
}

/**
 * How the engine reads CSV here: every cell as the text it is, the first record skipped, rows of any length (a check
 * afterwards names the row, which the engine's own error doesn't). Not in parallel: it would look for the bounds of
 * its blocks by counting quotes, which quotes inside unquoted cells upset. `\0` is a text that no cell is, since NUL
 * bytes are refused: only an absent cell is NULL.
 */
const csvSettings = [
  "input_format_with_names_use_header = 0",
  "input_format_csv_trim_whitespaces = 0",
  "input_format_csv_empty_as_default = 0",
  "input_format_csv_allow_variable_number_of_columns = 1",
  "input_format_parallel_parsing = 0",
  "format_csv_null_representation = '\\0'",
].join(", ");

/**
 * Loads a CSV file's cells.
 * @throws {Terminal} `csv-unreadable`: the engine can't parse it, for a reason that no check has found.
 */
export async function loadCells(engine: Engine, file: DatasetFile, columnCount: number): Promise<Cells> {
  const columns = Array.from({ length: columnCount }, (_, index) => `c${index + 1}`);
  const extra = `c${columnCount + 1}`;
  const structure = [...columns, extra].map((column) => `${column} Nullable(String)`).join(", ");
  const source = engine.fileTable(file.path, "CSVWithNames", structure);
  const select = `SELECT rowNumberInAllBlocks() AS row, * FROM ${source} SETTINGS ${csvSettings}`;
  try {
    return { table: await engine.scratch({ select }, ["row"]), columns, extra };
  } catch (cause) {
    if (!(cause instanceof Terminal) || cause.code !== "engine-query") throw cause;
    throw new Terminal("csv-unreadable", `Cannot read ${file.name} as CSV: ${cause.message}`, {
      file: file.name,
      cause,
    });
  }
}
