import { Terminal } from "../model/mod.ts";

/** Files of an Examples artifact. */
export type ExamplesFormat = "parquet" | "tfrecord";

export interface ExamplesFacts {
  /** Rows by split, in the splits' order. */
  readonly rows: ReadonlyMap<string, number>;
  readonly format: ExamplesFormat;
  readonly span?: string;
  readonly version?: string;
}

/**
 * The properties of an Examples artifact: `split_names` (a JSON list), `span`, `version`, `payload_format` and
 * `file_format` as TFX names them, and `rows` (JSON, rows by split as a list of pairs).
 * Source: TFX's Examples artifact.
 */
export function examplesProperties(facts: ExamplesFacts): Record<string, string> {
  const parquet = facts.format === "parquet";
  return {
    split_names: JSON.stringify([...facts.rows.keys()]),
    span: facts.span ?? "0",
    version: facts.version ?? "0",
    payload_format: parquet ? "FORMAT_PARQUET" : "FORMAT_TF_EXAMPLE",
    file_format: parquet ? "parquet" : "tfrecords_gzip",
    rows: JSON.stringify([...facts.rows]),
  };
}

/**
 * The names of an Examples artifact's splits in their order; undefined if it doesn't say.
 * @throws {Terminal} `bad-property`: split_names is no JSON list of texts.
 */
export function splitNamesOf(properties: Readonly<Record<string, string>>): readonly string[] | undefined {
  const text = properties["split_names"];
  if (text === undefined) return undefined;
  const names = parseJson(text);
  if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  throw new Terminal(
    "bad-property",
    `Cannot read property split_names: it must be a JSON list of names: it is ${text}`,
    {
      field: "split_names",
    },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
