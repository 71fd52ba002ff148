import { existsSync } from "node:fs";
import { join } from "node:path";
import { Terminal } from "../model/mod.ts";
import { loadServingModel, type ServingModel } from "../training/mod.ts";
import type { Classifier } from "./classifier.ts";

/** Part of a Model artifact whose signature takes the label too. Source: TFX path_utils. */
const evaluationFormat = "Format-TFMA";

/** A classifier that holds memory until it is disposed of. */
export type LoadedClassifier = Classifier & Disposable;

/**
 * Loads a Model artifact for evaluation, with the transform graph and label mapping it was trained with.
 * @param path The artifact's directory.
 * @throws {Terminal} `not-evaluable`: no evaluation format, or not a classifier; `bad-model-files`.
 */
export async function loadClassifier(path: string): Promise<LoadedClassifier> {
  const directory = join(path, evaluationFormat);
  if (!existsSync(directory)) throw notEvaluable(path, `it must hold ${evaluationFormat}/: it does not`);
  const model = await loadServingModel(directory);
  const { classes } = model.signature.label;
  if (model.signature.task === "classification" && classes !== undefined) return classifierOf(model, classes);
  model.dispose();
  throw notEvaluable(path, "only classifiers have the metrics there are: it is a regression");
}

function classifierOf(model: ServingModel, classes: readonly string[]): LoadedClassifier {
  return {
    classes,
    features: model.signature.inputs.map(({ name }) => name),
    scores: async (batch, signal) => (await model.predict(batch, signal)).probabilities,
    labels: (batch) => model.labelIndices(batch),
    [Symbol.dispose]: () => model.dispose(),
  };
}

function notEvaluable(path: string, why: string): Terminal {
  return new Terminal("not-evaluable", `Cannot evaluate the model in ${path}: ${why}`, { file: path });
}
