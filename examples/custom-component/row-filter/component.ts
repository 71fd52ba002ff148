import { implement } from "millrace/component";
import { engineEnvironment, examplesProperties, openEngine, openExamples } from "millrace/engine";
import { splitNamesOf, writeSplit } from "millrace/engine";
import { artifact, declareComponent, node } from "millrace/pipeline";
import * as v from "valibot";

const declaration = declareComponent({
  name: "row-filter",
  version: "1",
  inputs: { examples: artifact("Examples") },
  outputs: { kept: artifact("Examples") },
  parameters: { where: v.pipe(v.string(), v.nonEmpty()) },
});

/** In a pipeline: `const heavy = rowFilter({ examples, where: "body_mass_g > 4000" });` */
export const rowFilter = node(declaration);

/** Keeps the rows for which an SQL condition holds, split by split. */
export const component = implement(
  declaration,
  async ({ inputs, outputs, parameters }) => {
    const { path, artifact: given } = inputs.examples;
    await using engine = await openEngine();
    const examples = await openExamples(engine, path, splitNamesOf(given.properties));
    const rows = new Map<string, number>();
    for (const split of examples.splits) {
      const kept = `SELECT * FROM ${examples.table(split)} WHERE (${parameters.where})`;
      rows.set(split, await writeSplit(engine, outputs.kept.path, split, kept));
    }
    for (const [name, value] of Object.entries(examplesProperties({ rows, format: "parquet" })))
      outputs.kept.setProperty(name, value);
    return { note: `kept ${[...rows].map(([split, count]) => `${count} rows of ${split}`).join(", ")}` };
  },
  { environment: engineEnvironment },
);
