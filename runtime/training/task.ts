import type { LayersModel } from "@tensorflow/tfjs-layers";
import { Terminal } from "../model/mod.ts";
import type { Loss, ModelDefinition, ModelFeature, ModelLabel } from "./layers/mod.ts";

/** What a model is for: choosing a class, or giving a number. */
export type Task = "classification" | "regression";

/** The task that a loss stands for. */
export function taskOf(loss: Loss): Task {
  return loss === "sparseCategoricalCrossentropy" || loss === "binaryCrossentropy" ? "classification" : "regression";
}

/**
 * The features that a definition uses, in the order of the network's inputs.
 * @throws {Terminal} `bad-model`: an input that is no transformed feature.
 */
export function usedFeatures(definition: ModelDefinition, features: readonly ModelFeature[]): ModelFeature[] {
  return definition.topology.config.input_layers.map(([name]) => {
    const feature = features.find((candidate) => candidate.name === name);
    if (feature !== undefined) return feature;
    const names = features.map((candidate) => JSON.stringify(candidate.name)).join(", ");
    throw badModel(name, `input ${JSON.stringify(name)} must be a transformed feature: they are ${names}`);
  });
}

/**
 * Checks that a network can learn the label by its loss.
 * @throws {Terminal} `bad-model` saying what the output must be.
 */
export function checkOutput(network: LayersModel, { loss }: ModelDefinition, label: ModelLabel): void {
  const units = (network.outputShape as (number | null)[]).at(-1);
  const quoted = JSON.stringify(label.name);
  if (taskOf(loss) === "regression") {
    if (units !== 1) throw badModel("output", `the output must have 1 unit for loss ${loss}: it has ${units}`);
    return;
  }
  const { classes } = label;
  if (classes === undefined) {
    throw badModel("loss", `loss ${loss} needs classes and label ${quoted} is a float: use meanSquaredError`);
  }
  if (loss === "binaryCrossentropy" && classes.length !== 2) {
    throw badModel("loss", `loss ${loss} needs 2 classes and label ${quoted} has ${classes.length}`);
  }
  const wanted = loss === "binaryCrossentropy" ? 1 : classes.length;
  if (units === wanted) return;
  throw badModel(
    "output",
    `the output must have ${wanted} units for label ${quoted} and loss ${loss}: it has ${units}`,
  );
}

function badModel(field: string, why: string): Terminal {
  return new Terminal("bad-model", `Cannot train the model as ${why}`, { field });
}
