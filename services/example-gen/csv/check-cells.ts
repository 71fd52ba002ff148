import { Terminal } from "millrace/model";
import type { Engine } from "millrace/engine";
import type { DatasetFile } from "../dataset-file.ts";
import type { Header } from "./header.ts";
import type { Cells } from "./load-cells.ts";

/**
 * Checks that every row has the header's number of cells and holds text.
 * @throws {Terminal} for the first row that doesn't, naming file, line and column: `csv-ragged-row`, `csv-nul-byte`,
 * `csv-bad-utf8`. Lines are those of the file, whatever line feeds quoted cells hold.
 */
export async function checkCells(engine: Engine, file: DatasetFile, header: Header, cells: Cells): Promise<void> {
  const fault = await firstFault(engine, cells);
  if (fault === undefined) return;
  const line = header.lines + 1 + (await linesBefore(engine, cells, fault.row));
  const texts = fault.cells.map((text) => Buffer.from(text, "base64"));
  throw fault.kind === "ragged" ? raggedRow(file, header, line, fault.count) : badText(file, header, line, texts);
}

interface Fault {
  readonly row: number;
  readonly kind: "ragged" | "text";
  /** Cells the row has; at most one more than the header's. */
  readonly count: number;
  /** In base64. */
  readonly cells: readonly string[];
}

function arrayOf({ columns, extra }: Cells): string {
  return `[${[...columns, extra].join(", ")}]`;
}

async function firstFault(engine: Engine, cells: Cells): Promise<Fault | undefined> {
  const isText = "position(cell, '\\0') = 0 AND isValidUTF8(cell)";
  const [fault] = await engine.query<Fault>(
    `SELECT row, kind, count, arrayMap(cell -> base64Encode(ifNull(cell, '')), cells) AS cells FROM (
      SELECT row, ${arrayOf(cells)} AS cells, arrayCount(cell -> isNotNull(cell), cells) AS count,
        multiIf(count = 0, '', count != ${cells.columns.length}, 'ragged',
          arrayAll(cell -> ifNull(${isText}, 1), cells), '', 'text') AS kind
      FROM ${cells.table}
    ) WHERE kind != '' ORDER BY row LIMIT 1`,
  );
  return fault;
}

/** Lines of the file that the rows before a row take. */
async function linesBefore(engine: Engine, cells: Cells, row: number): Promise<number> {
  const lineFeeds = `arraySum(arrayMap(cell -> countSubstrings(ifNull(cell, ''), '\\n'), ${arrayOf(cells)}))`;
  const [sum] = await engine.query<{ lines: number }>(
    `SELECT sum(1 + ${lineFeeds}) AS lines FROM ${cells.table} WHERE row < ${row}`,
  );
  return sum?.lines ?? 0;
}

function raggedRow(file: DatasetFile, header: Header, line: number, count: number): Terminal {
  const wanted = header.names.length;
  const found = count > wanted ? "it has more" : `it has ${count}`;
  return new Terminal(
    "csv-ragged-row",
    `Cannot read ${file.name}, line ${line}: a row must have ${wanted} cells, as the header has: ${found}`,
    { file: file.name, line },
  );
}

function badText(file: DatasetFile, header: Header, rowLine: number, cells: readonly Buffer[]): Terminal {
  const index = cells.findIndex((cell) => faultOffset(cell) !== undefined);
  const cell = cells[index] ?? Buffer.alloc(0);
  const offset = faultOffset(cell) ?? 0;
  const before = Buffer.concat([...cells.slice(0, index), cell.subarray(0, offset)]);
  const line = rowLine + before.toString("latin1").split("\n").length - 1;
  const [code, reason] =
    cell[offset] === 0
      ? ["csv-nul-byte", "a cell must be text: it holds a NUL byte"]
      : ["csv-bad-utf8", `a cell must be UTF-8: it holds the byte 0x${cell[offset]?.toString(16)}`];
  const field = header.names[index] ?? "";
  const place = `line ${line}, column ${index + 1} (${JSON.stringify(field)})`;
  return new Terminal(code, `Cannot read ${file.name}, ${place}: ${reason}`, {
    file: file.name,
    line,
    column: index + 1,
    field,
  });
}

/** Offset of the first byte of a cell that is NUL or no UTF-8. */
function faultOffset(cell: Buffer): number | undefined {
  const nul = cell.indexOf(0);
  const decoded = Buffer.from(cell.toString("utf8"));
  const differs = decoded.findIndex((byte, index) => byte !== cell[index]);
  const found = [nul, differs].filter((offset) => offset !== -1);
  return found.length === 0 ? undefined : Math.min(...found);
}
