import type { CodeReference, Plan } from "../../contracts/millrace/metadata/v1/plan.ts";
import { digestOf } from "../../model/mod.ts";
import { testPlan } from "../plans.ts";

/** Where the histories' models are pushed to. */
export const historyDestination = "serving/penguins";

const drafted = testPlan("penguins", {
  examples: {
    component: "example-gen",
    inputs: { source: "source.dataset:Dataset" },
    outputs: { examples: "Examples" },
    parametersJson: '{"splits":{"eval":1,"train":2}}',
  },
  statistics: {
    component: "statistics-gen",
    inputs: { examples: "examples.examples:Examples" },
    outputs: { statistics: "ExampleStatistics" },
  },
  schema: {
    component: "schema-gen",
    inputs: { statistics: "statistics.statistics:ExampleStatistics" },
    outputs: { schema: "Schema" },
  },
  anomalies: {
    component: "example-validator",
    inputs: { statistics: "statistics.statistics:ExampleStatistics", schema: "schema.schema:Schema" },
    outputs: { anomalies: "ExampleAnomalies" },
  },
  features: {
    component: "transform",
    inputs: { examples: "examples.examples:Examples", schema: "schema.schema:Schema" },
    outputs: { graph: "TransformGraph", examples: "Examples" },
  },
  model: {
    component: "trainer",
    inputs: { examples: "features.examples:Examples", graph: "features.graph:TransformGraph" },
    outputs: { model: "Model" },
    parametersJson: '{"batchSize":16,"epochs":30,"label":"species"}',
  },
  evaluation: {
    component: "evaluator",
    inputs: { examples: "examples.examples:Examples", model: "model.model:Model" },
    outputs: { evaluation: "ModelEvaluation" },
  },
  blessing: {
    component: "model-validator",
    inputs: {
      examples: "examples.examples:Examples",
      model: "model.model:Model",
      evaluation: "evaluation.evaluation:ModelEvaluation",
      anomalies: "anomalies.anomalies:ExampleAnomalies?",
      baseline: "@last-blessed-model:Model",
    },
    outputs: { blessing: "ModelBlessing" },
  },
  pushed: {
    component: "pusher",
    inputs: { model: "model.model:Model", blessing: "blessing.blessing:ModelBlessing?" },
    outputs: { pushed: "PushedModel" },
    cache: false,
    externalEffects: true,
    parametersJson: JSON.stringify({ to: historyDestination }),
  },
});

const codeOf: Readonly<Record<string, string>> = { features: "preprocessing", model: "model" };

function codeReferences(node: string): CodeReference[] {
  const parameter = codeOf[node];
  if (parameter === undefined) return [];
  const module = `./${parameter}.ts`;
  return [{ parameter, digest: digestOf(module), exportName: parameter, module }];
}

/** A plan of the shape of the penguins' pipeline: nine nodes, two of them with user code. */
export const historyPlan: Plan = {
  ...drafted,
  trigger: { dataset: "penguins" },
  nodes: drafted.nodes.map((node) => Object.assign({}, node, { code: codeReferences(node.name) })),
};
