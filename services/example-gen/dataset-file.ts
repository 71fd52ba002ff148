import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Input } from "millrace/component";
import { Terminal } from "millrace/model";

/** Formats of a dataset. */
export const datasetFormats = ["csv", "tfrecord", "parquet"] as const;
/** A format of a dataset. */
export type DatasetFormat = (typeof datasetFormats)[number];

/** The one file of a dataset. */
export interface DatasetFile {
  /** Where it is now. */
  readonly path: string;
  /** What its publisher calls it, for messages. */
  readonly name: string;
  readonly format: DatasetFormat;
}

const formatsByEnding: readonly (readonly [RegExp, DatasetFormat])[] = [
  [/\.(?:csv|txt)$/i, "csv"],
  [/\.parquet$/i, "parquet"],
  [/\.tfrecords?(?:\.gz)?$|(?:^|[_-])tfrecord.*\.gz$/i, "tfrecord"],
];

/**
 * The file of a Dataset artifact, its format from the `format` property, else from its name.
 * @throws {Terminal} `bad-dataset`: not exactly one file; `unknown-format`.
 */
export async function datasetFile(source: Input): Promise<DatasetFile> {
  const entries = await readdir(source.path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new Terminal("bad-dataset", `Cannot read the dataset: it must be one file: it has ${files.length}`);
  }
  const { name = file.name, format } = source.artifact.properties;
  return { path: join(file.parentPath, file.name), name, format: formatOf(format, name, file.name) };
}

function formatOf(given: string | undefined, ...names: readonly string[]): DatasetFormat {
  if (given !== undefined && given !== "") {
    const known = datasetFormats.find((format) => format === given.toLowerCase());
    if (known !== undefined) return known;
  } else {
    const byName = formatsByEnding.find(([ending]) => names.some((name) => ending.test(name)));
    if (byName !== undefined) return byName[1];
  }
  throw new Terminal(
    "unknown-format",
    `Cannot read ${names[0]}: its format must be ${datasetFormats.join(", ")}: it is ${given || "not given"}`,
    { file: names[0] ?? "", field: "format" },
  );
}
