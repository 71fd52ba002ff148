import type { Engine } from "millrace/engine";
import { Terminal } from "millrace/model";
import type { DatasetFile } from "../dataset-file.ts";
import type { Rows } from "../rows.ts";
import { checkCells } from "./check-cells.ts";
import { checkQuotes } from "./check-quotes.ts";
import { inferKinds, valueOf } from "./column-kinds.ts";
import { readHeader } from "./header.ts";
import { loadCells } from "./load-cells.ts";

/**
 * Reads a CSV file: header in the first record, "," between cells, quotes as RFC 4180 has them, UTF-8 with or without
 * a byte order mark, lines ended by LF or CRLF. Blank lines are skipped, an empty cell is a missing value.
 * @throws {Terminal} naming file, line and column: `csv-…` as the checks have them, `no-rows`.
 * Source: TFX CsvExampleGen.
 */
export async function readCsv(engine: Engine, file: DatasetFile): Promise<Rows> {
  await checkQuotes(file);
  const header = await readHeader(file);
  const cells = await loadCells(engine, file, header.names.length);
  await checkCells(engine, file, header, cells);
  const kinds = await inferKinds(engine, cells);
  const columns = header.names.map((name, index) => ({
    name,
    column: `c${index + 1}`,
    kind: kinds[index] ?? "none",
    repeated: false,
  }));
  const values = columns.map(({ column, kind }) => `${valueOf(`t.${column}`, kind)} AS ${column}`);
  // Of a blank line no cell is there.
  const select = `SELECT t.row AS row, ${values.join(", ")} FROM ${cells.table} AS t WHERE isNotNull(t.c1) ORDER BY t.row`;
  const table = await engine.scratch({ select }, ["row"]);
  const [count] = await engine.query<{ rows: number }>(`SELECT count() AS rows FROM ${table}`);
  if (count?.rows === 0) throw noRows(file);
  return { table, columns, missing: "empty-list", keyed: false };
}

function noRows(file: DatasetFile): Terminal {
  return new Terminal("no-rows", `Cannot make examples of ${file.name}: it must have rows: it has only a header`, {
    file: file.name,
  });
}
