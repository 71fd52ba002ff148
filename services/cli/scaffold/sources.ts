import { preprocessingSource } from "./preprocessing-source.ts";
import type { Column } from "./columns.ts";

/** What a project is written for. */
export interface Project {
  /** Name of pipeline and dataset. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly label: Column;
}

/** The TypeScript files of a project, by name. */
export function projectSources(project: Project): Readonly<Record<string, string>> {
  return {
    "pipeline.ts": pipelineSource(project),
    "preprocessing.ts": preprocessingSource(project.columns, project.label),
    "model.ts": modelSource,
  };
}

function pipelineSource({ name, label }: Project): string {
  return `import {
  code,
  csvExampleGen,
  dataset,
  evaluator,
  exampleValidator,
  lastBlessed,
  modelValidator,
  pipeline,
  pusher,
  schemaGen,
  statisticsGen,
  trainer,
  transform,
} from "millrace/pipeline";

// Every file published as "${name}" becomes a model that predicts ${label.name}.
export default pipeline("${name}", { on: dataset("${name}") }, ({ source }) => {
  const examples = csvExampleGen({ source, splits: { train: 2, eval: 1 } });
  const statistics = statisticsGen({ examples });
  const schema = schemaGen({ statistics });
  const anomalies = exampleValidator({ statistics, schema });
  const features = transform({ examples, schema, preprocessing: code(() => import("./preprocessing.ts")) });
  const model = trainer({
    examples: features.examples,
    graph: features.graph,
    model: code(() => import("./model.ts")),
    label: ${JSON.stringify(label.name)},
    epochs: 20,
  });
  // Add thresholds: { accuracy: { min: 0.9 } } to hold back models that are not good enough.
  const evaluation = evaluator({ examples, model });
  const blessing = modelValidator({ examples, model, evaluation, anomalies, baseline: lastBlessed() });
  const pushed = pusher({ model, blessing, to: "serving/${name}" });
  return { examples, statistics, schema, anomalies, features, model, evaluation, blessing, pushed };
});
`;
}

const modelSource = `import { adam, concatenate, dense, input, model as network, type ModelFeatures } from "millrace/training/layers";

/** A small classifier over all transformed features. */
export const model = ({ features, label }: ModelFeatures) => {
  const inputs = features.map(input);
  const hidden = dense(concatenate(inputs), { units: 32, activation: "relu" });
  const output = dense(hidden, { units: label.classes?.length ?? 1, activation: "softmax" });
  return network({ inputs, output, optimizer: adam({ learningRate: 0.01 }) });
};
`;
