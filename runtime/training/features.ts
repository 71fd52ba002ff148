import { Terminal } from "../model/mod.ts";
import type { TransformGraph, TransformOutput } from "../transform/mod.ts";
import type { ModelFeature } from "./layers/mod.ts";

/** A transform graph's outputs, parted into the label and what a model may use. */
export interface DescribedFeatures {
  /** Numeric outputs but the label, in the order of their names. */
  readonly features: readonly ModelFeature[];
  readonly label: TransformOutput;
}

/**
 * Parts the outputs of a transform graph for training.
 * @throws {Terminal} `label-absent` listing the outputs there are; `bad-label`: a text or a vector.
 */
export function describeFeatures(graph: TransformGraph, label: string): DescribedFeatures {
  const found = graph.outputs.find(({ name }) => name === label);
  if (found === undefined) {
    const names = graph.outputs.map(({ name }) => JSON.stringify(name)).join(", ");
    throw new Terminal(
      "label-absent",
      `Cannot train on label ${JSON.stringify(label)} as it must be one of the transformed features: they are ${names}`,
      { field: label },
    );
  }
  checkLabel(found);
  const others = graph.outputs.filter(({ name, kind }) => name !== label && kind !== "string");
  return { features: others.map(modelFeature), label: found };
}

function checkLabel({ name, kind, shape }: TransformOutput): void {
  if (kind !== "string" && shape.length === 0) return;
  const is = kind === "string" ? "text; wrap it in vocabulary(…) in preprocessing" : `a vector of ${shape[0]} numbers`;
  throw new Terminal(
    "bad-label",
    `Cannot train on label ${JSON.stringify(name)} as it must be one number a row: it is ${is}`,
    { field: name },
  );
}

function modelFeature({ name, kind, shape, categories }: TransformOutput): ModelFeature {
  if (kind !== "int") return { name, kind: "float", shape };
  return categories === undefined ? { name, kind, shape } : { name, kind, shape, cardinality: categories + 1 };
}

/**
 * Class names by index: a vocabulary's texts, then its out-of-vocabulary buckets; else the indexes themselves.
 * @param countInData Classes seen in the data, where the graph doesn't tell how many there are.
 * @returns undefined for a label that is a float: a regression.
 */
export function classesOf(label: TransformOutput, countInData: number): readonly string[] | undefined {
  if (label.kind !== "int") return undefined;
  const texts = label.vocabulary ?? [];
  const unnamed = label.vocabulary === undefined ? "" : "oov_";
  return Array.from(
    { length: label.categories ?? countInData },
    (_, index) => texts[index] ?? `${unnamed}${index - texts.length}`,
  );
}

/** Values of one row of a feature. */
export function widthOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** The id that stands for values without one: unseen, or outside what analysis saw. Undefined for plain numbers. */
export function unseenId(feature: ModelFeature): number | undefined {
  return feature.cardinality === undefined ? undefined : feature.cardinality - 1;
}
