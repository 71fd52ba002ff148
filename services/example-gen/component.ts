import { type ExecutionContext, implement } from "millrace/component";
import { engineEnvironment, examplesProperties, openEngine } from "millrace/engine";
import { exampleGenDeclaration } from "millrace/pipeline";
import { datasetFile } from "./dataset-file.ts";
import { readRows } from "./read-rows.ts";
import { splitRows } from "./split-rows.ts";
import { writeSplits } from "./write-splits.ts";

/** Reads a dataset into Examples, split by hash. Source: TFX CsvExampleGen and ImportExampleGen. */
export const exampleGen = implement(exampleGenDeclaration, execute, { environment: engineEnvironment });

async function execute(context: ExecutionContext<typeof exampleGenDeclaration>) {
  const { inputs, outputs, parameters, signal } = context;
  await using engine = await openEngine();
  const file = await datasetFile(inputs.source);
  const rows = await readRows(engine, file);
  signal.throwIfAborted();
  context.progress(0.5, `read ${file.name}`);
  const split = await splitRows(engine, rows, parameters.splits, file.name);
  signal.throwIfAborted();
  await writeSplits(engine, outputs.examples.path, split, parameters.format);
  const { span, version } = inputs.source.artifact.properties;
  const facts = { rows: split.rows, format: parameters.format, ...(span && { span }), ...(version && { version }) };
  for (const [name, value] of Object.entries(examplesProperties(facts))) outputs.examples.setProperty(name, value);
  return { backend: engine.version, metrics: rowMetrics(split.rows) };
}

function rowMetrics(rows: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...rows].map(([split, count]) => [`rows_${split}`, count]));
}
