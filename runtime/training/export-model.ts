import type { LayersModel } from "@tensorflow/tfjs-layers";
import { join } from "node:path";
import { inputsOf, type TransformGraph } from "../transform/mod.ts";
import type { ModelDefinition, ModelFeature, ModelLabel } from "./layers/mod.ts";
import { writeModelFiles } from "./model-files.ts";
import { weightsOf } from "./network.ts";
import type { Signature } from "./signature.ts";
import { taskOf } from "./task.ts";

/** A trained network and what it was trained with. */
export interface TrainedModel {
  readonly network: LayersModel;
  readonly definition: ModelDefinition;
  /** In the order of the network's inputs. */
  readonly features: readonly ModelFeature[];
  readonly label: ModelLabel;
  readonly graph: TransformGraph;
  /** Directory of the TransformGraph artifact. */
  readonly graphPath: string;
}

/**
 * Exports a model as TFX lays it out: `Format-Serving` takes the raw columns that predictions need, `Format-TFMA`
 * those of the label too. Each is whole by itself, with `model.json` written last.
 */
export async function exportModel(directory: string, model: TrainedModel): Promise<void> {
  const features = model.features.map(({ name }) => name);
  const formats = { "Format-Serving": features, "Format-TFMA": [...features, model.label.name] };
  for (const [format, needed] of Object.entries(formats)) {
    await writeModelFiles(join(directory, format), {
      topology: model.definition.topology,
      weights: weightsOf(model.network),
      signature: signatureOf(model, needed),
      transformPath: model.graphPath,
    });
  }
}

function signatureOf(model: TrainedModel, needed: readonly string[]): Signature {
  const { definition, features, label, graph } = model;
  const task = taskOf(definition.loss);
  return {
    format: "millrace.signature/1",
    task,
    inputs: inputsOf(graph, needed),
    columns: graph.inputs,
    features,
    label,
    outputs: outputsOf(model, task === "classification"),
  };
}

function outputsOf({ network, definition }: TrainedModel, classifies: boolean): Signature["outputs"] {
  const [units = 1] = (network.outputShape as (number | null)[]).slice(1) as number[];
  const own = { name: definition.output, kind: "float" as const, shape: units === 1 ? [] : [units] };
  if (!classifies) return [own];
  return [own, { name: "class_id", kind: "int", shape: [] }, { name: "class", kind: "string", shape: [] }];
}
