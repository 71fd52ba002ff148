import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readColumns } from "./columns.ts";

it("readColumns() tells each column's kind, blanks and different values", async () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-columns-"));
  try {
    const file = join(directory, "odd names.csv");
    writeFileSync(file, 'id,"body mass, g",ratio,town,none\n1,3750,0.5,Oslo,\n2,,1,"Ålesund, N",\n3,4100,,Oslo,\n');
    expect(await readColumns(file)).toEqual([
      { name: "id", kind: "int", distinct: 3, blanks: 0, rows: 3 },
      { name: "body mass, g", kind: "int", distinct: 2, blanks: 1, rows: 3 },
      { name: "ratio", kind: "float", distinct: 2, blanks: 1, rows: 3 },
      { name: "town", kind: "string", distinct: 2, blanks: 0, rows: 3 },
      { name: "none", kind: "string", distinct: 0, blanks: 3, rows: 3 },
    ]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
