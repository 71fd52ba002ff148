import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printText, schemaType } from "../../data-validation/mod.ts";
import type { TransformGraph, TransformOutput } from "../transform-graph.ts";
import { nodeAt } from "../graph.ts";

const types = { float: "FLOAT", int: "INT", string: "BYTES" } as const;

/**
 * Writes `transformed_metadata/schema.pbtxt`: every output present in every row, with its shape, and the range of
 * indexes. Source: TFT's transformed metadata.
 */
export function writeTransformedSchema(path: string, graph: TransformGraph): void {
  const directory = join(path, "transformed_metadata");
  const feature = graph.outputs.map((output) => schemaFeature(graph, output));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "schema.pbtxt"), printText(schemaType, { feature }));
}

function schemaFeature(graph: TransformGraph, output: TransformOutput) {
  const { name, kind, shape } = output;
  return {
    name,
    type: types[kind],
    presence: { minFraction: 1 },
    shape: { dim: shape.map((size) => ({ size: String(size) })) },
    ...intDomain(graph, output),
  };
}

function intDomain(graph: TransformGraph, { kind, categories, node }: TransformOutput) {
  if (kind !== "int" || categories === undefined) return {};
  const { min, max } = unseenRange(graph, node);
  return {
    intDomain: { min: String(Math.min(0, min)), max: String(Math.max(categories - 1, max)), isCategorical: true },
  };
}

/** The index that unseen values have, as a range; without one, a range that widens nothing. */
function unseenRange(graph: TransformGraph, index: number): { readonly min: number; readonly max: number } {
  const node = nodeAt(graph, index);
  if (node.op !== "lookup" || node.oovBuckets > 0) return { min: 0, max: 0 };
  return { min: node.defaultIndex, max: node.defaultIndex };
}
