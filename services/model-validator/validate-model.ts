import type { ExecutionContext, ExecutionResult, Input } from "millrace/component";
import { openEngine, openExamples, type Engine, type Examples } from "millrace/engine";
import { Cancelled, Terminal, toMillraceError } from "millrace/model";
import {
  decideBlessing,
  evaluateClassifier,
  loadClassifier,
  metricValue,
  overallSlice,
  readEvaluationConfig,
  type Evaluation,
  type EvaluationConfig,
  type MetricLookup,
} from "millrace/model-analysis";
import type { modelValidatorDeclaration } from "millrace/pipeline";
import { errorAnomalies } from "./error-anomalies.ts";
import { writeBlessing, type EvaluatedModel } from "./write-blessing.ts";

type Context = ExecutionContext<typeof modelValidatorDeclaration>;

/**
 * Decides whether the model is blessed. Candidate and baseline are both evaluated here, on this run's split, each with
 * its own transform and label mapping: numbers that were recorded on other data compare nothing. Split, slices, weight
 * and thresholds are the evaluation's. Source: TFX Evaluator's blessing, ModelValidator.
 *
 * @throws {Terminal} `evaluation-of-other-model`, `baseline-not-evaluable`; as `evaluateClassifier` for the candidate.
 */
export async function validateModel(context: Context): Promise<ExecutionResult> {
  const { inputs, outputs, parameters } = context;
  const config = readEvaluationConfig(inputs.evaluation.path);
  assertSameModel(config, inputs.model);
  await using engine = await openEngine();
  const examples = await openExamples(engine, inputs.examples.path);
  const candidate = await evaluate(context, engine, examples, config, inputs.model);
  const baseline = inputs.baseline && (await evaluateBaseline(context, engine, examples, config, inputs.baseline));
  const { metric, direction, tolerance, onAnomalies } = parameters;
  const comparison = { metric, direction, tolerance };
  const verdict = decideBlessing({
    candidate: lookupOf(candidate.evaluation),
    baseline: baseline && lookupOf(baseline.evaluation),
    thresholds: config.thresholds,
    comparison,
    anomalies: inputs.anomalies === undefined ? [] : await errorAnomalies(inputs.anomalies.path),
    onAnomalies,
  });
  const { split, thresholds } = config;
  await writeBlessing(outputs.blessing.path, { verdict, split, comparison, thresholds, candidate, baseline });
  outputs.blessing.setProperty("blessed", verdict.blessed ? "1" : "0");
  outputs.blessing.setProperty("current_model", candidate.digest);
  if (baseline !== undefined) outputs.blessing.setProperty("baseline_model", baseline.digest);
  return { metrics: numbersWorthShowing(metric, candidate, baseline), note: verdict.sentence };
}

/** Thresholds that were set for another model's evaluation would bless this one by its numbers. */
function assertSameModel(config: EvaluationConfig, { artifact }: Input): void {
  if (config.model === artifact.digest) return;
  throw new Terminal(
    "evaluation-of-other-model",
    `Cannot validate model ${artifact.digest} as the evaluation must be of the same model: it is of ${config.model}; ` +
      "wire the evaluation that was made of this model",
    { field: "evaluation" },
  );
}

async function evaluate(
  { outputs, signal }: Context,
  engine: Engine,
  examples: Examples,
  config: EvaluationConfig,
  model: Input,
): Promise<EvaluatedModel> {
  using classifier = await loadClassifier(model.path);
  const evaluation = await evaluateClassifier(engine, examples, classifier, {
    ...config,
    scratch: outputs.blessing.path,
    signal,
  });
  return { digest: model.artifact.digest, evaluation };
}

async function evaluateBaseline(
  context: Context,
  engine: Engine,
  examples: Examples,
  config: EvaluationConfig,
  baseline: Input,
): Promise<EvaluatedModel> {
  try {
    return await evaluate(context, engine, examples, config, baseline);
  } catch (thrown) {
    const error = toMillraceError(thrown);
    if (error instanceof Cancelled || error.class !== "terminal") throw error;
    throw new Terminal(
      "baseline-not-evaluable",
      `Cannot compare with the last blessed model ${baseline.artifact.digest} as it must answer this run's examples: ` +
        `${error.message}. If the data has changed on purpose, leave out \`baseline\` for one run`,
      { ...error.place, cause: error },
    );
  }
}

function lookupOf(evaluation: Evaluation): MetricLookup {
  const overall = overallSlice(evaluation);
  return (name) => metricValue(overall, name);
}

/** The metric by which they were compared, of both. */
function numbersWorthShowing(
  metric: string,
  candidate: EvaluatedModel,
  baseline: EvaluatedModel | undefined,
): Record<string, number> {
  const [value, before] = [candidate, baseline].map((model) => model && lookupOf(model.evaluation)(metric));
  return {
    ...(value === undefined ? {} : { [metric]: value }),
    ...(before === undefined ? {} : { [`baseline_${metric}`]: before }),
  };
}
