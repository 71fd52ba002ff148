import {
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

// From measurements of a penguin to its species: every CSV published as "penguins" goes this way.
export default pipeline("penguins", { on: dataset("penguins"), seed: 7 }, ({ source }) => {
  const examples = csvExampleGen({ source, splits: { train: 2, eval: 1 } });
  const statistics = statisticsGen({ examples });
  const schema = schemaGen({ statistics });
  const anomalies = exampleValidator({ statistics, schema });

  const features = transform({
    examples,
    schema,
    preprocessing: code(() => import("./preprocessing.ts")),
  });
  const model = trainer({
    examples: features.examples,
    graph: features.graph,
    model: code(() => import("./model.ts")),
    label: "species",
    epochs: 30,
    batchSize: 16,
  });

  const evaluation = evaluator({
    examples,
    model,
    slices: [["island"], ["sex"]],
    thresholds: { accuracy: { min: 0.9 } },
  });
  const blessing = modelValidator({
    examples,
    model,
    evaluation,
    anomalies,
    baseline: lastBlessed(),
    metric: "accuracy",
  });
  const pushed = pusher({ model, blessing, to: "serving/penguins" });

  return { examples, statistics, schema, anomalies, features, model, evaluation, blessing, pushed };
});
