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
import { rowFilter } from "./row-filter/component.ts";

// The penguins that were measured: a component of the project's own stands between ExampleGen and all that follows.
export default pipeline("measured", { on: dataset("penguins") }, ({ source }) => {
  const all = csvExampleGen({ source, splits: { train: 2, eval: 1 } });
  const examples = rowFilter({ examples: all, where: "body_mass_g IS NOT NULL" });
  const statistics = statisticsGen({ examples });
  const schema = schemaGen({ statistics });
  const anomalies = exampleValidator({ statistics, schema });
  const features = transform({ examples, schema, preprocessing: code(() => import("./preprocessing.ts")) });
  const model = trainer({
    examples: features.examples,
    graph: features.graph,
    model: code(() => import("./model.ts")),
    label: "species",
  });
  const evaluation = evaluator({ examples, model });
  const blessing = modelValidator({ examples, model, evaluation, anomalies, baseline: lastBlessed() });
  const pushed = pusher({ model, blessing, to: "serving/measured" });
  return { all, examples, statistics, schema, anomalies, features, model, evaluation, blessing, pushed };
});
