import { type Engine, identifier, openEngine } from "millrace/engine";

/** A column of a CSV file, as far as writing a project for it needs to know. */
export interface Column {
  readonly name: string;
  /** As ExampleGen will take it. */
  readonly kind: "int" | "float" | "string";
  /** Different values, blanks aside. */
  readonly distinct: number;
  readonly blanks: number;
  readonly rows: number;
}

/** Reads a CSV file's columns, in one pass of the data engine. @param path Absolute. */
export async function readColumns(path: string): Promise<readonly Column[]> {
  await using engine = await openEngine();
  const names = await engine.query<{ name: string }>(`DESCRIBE TABLE ${engine.fileTable(path, "CSVWithNames")}`);
  return Promise.all(names.map(({ name }) => readColumn(engine, path, names, name)));
}

async function readColumn(
  engine: Engine,
  path: string,
  names: readonly { readonly name: string }[],
  name: string,
): Promise<Column> {
  const structure = names.map((column) => `${identifier(column.name)} String`).join(", ");
  const [facts] = await engine.query<Record<"rows" | "blanks" | "distinct" | "ints" | "numbers", number | string>>(
    `SELECT count() AS rows, countIf(cell = '') AS blanks, uniqExactIf(cell, cell != '') AS distinct,
       countIf(isNotNull(toInt64OrNull(cell))) AS ints, countIf(isNotNull(toFloat64OrNull(cell))) AS numbers
     FROM (SELECT trimBoth(${identifier(name)}) AS cell FROM ${engine.fileTable(path, "CSVWithNames", structure)})`,
  );
  const count = (key: keyof NonNullable<typeof facts>): number => Number(facts?.[key] ?? 0);
  const filled = count("rows") - count("blanks");
  const kind =
    filled > 0 && count("ints") === filled ? "int" : filled > 0 && count("numbers") === filled ? "float" : "string";
  return { name, kind, distinct: count("distinct"), blanks: count("blanks"), rows: count("rows") };
}
