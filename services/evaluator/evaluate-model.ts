import type { ExecutionContext, ExecutionResult } from "millrace/component";
import { openEngine, openExamples } from "millrace/engine";
import {
  checkValues,
  evaluateClassifier,
  loadClassifier,
  metricNames,
  metricValue,
  overallSlice,
  writeEvaluation,
  type ThresholdFailure,
} from "millrace/model-analysis";
import type { evaluatorDeclaration } from "millrace/pipeline";

/**
 * Evaluates the model on the raw examples of a split, with the transform that it carries, and writes a ModelEvaluation.
 * Thresholds that are not met are recorded and noted; withholding the blessing is the model validator's.
 * Source: TFX Evaluator.
 *
 * @throws {Terminal} as `evaluateClassifier`; `not-evaluable`, `bad-model-files`, `not-examples`.
 */
export async function evaluateModel(context: ExecutionContext<typeof evaluatorDeclaration>): Promise<ExecutionResult> {
  const { inputs, outputs, parameters, signal } = context;
  await using engine = await openEngine();
  using classifier = await loadClassifier(inputs.model.path);
  const examples = await openExamples(engine, inputs.examples.path);
  const evaluation = await evaluateClassifier(engine, examples, classifier, {
    ...parameters,
    scratch: outputs.evaluation.path,
    signal,
    progress: (fraction) => context.progress(fraction, `predicting split ${parameters.split}`),
  });
  const overall = overallSlice(evaluation);
  const failures = checkValues(parameters.thresholds, (name) => metricValue(overall, name));
  const config = { ...parameters, model: inputs.model.artifact.digest, examples: inputs.examples.artifact.digest };
  await writeEvaluation(outputs.evaluation.path, config, evaluation, failures);
  return { metrics: overall.metrics, ...noteOf(overall, failures) };
}

function noteOf(overall: ReturnType<typeof overallSlice>, failures: readonly ThresholdFailure[]): { note?: string } {
  const unknown = overall.metrics["unknown_label_count"] ?? 0;
  const parts = [
    failures.length === 0 ? [] : [`thresholds not met: ${failures.map(({ message }) => message).join("; ")}`],
    failures.some(({ code }) => code === "metric-missing") ? [`metrics are ${metricNames(overall).join(", ")}`] : [],
    unknown === 0 ? [] : [`${unknown} examples have no label that the model knows, and count as errors`],
  ].flat();
  return parts.length === 0 ? {} : { note: parts.join(". ") };
}
