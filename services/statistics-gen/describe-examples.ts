import type { ExecutionContext, ExecutionResult, Input } from "millrace/component";
import { generateStatistics, includedSplits, readSchema, writeStatistics } from "millrace/data-validation";
import { openEngine, openExamples, splitNamesOf } from "millrace/engine";
import type { statisticsGenDeclaration } from "millrace/pipeline";

/**
 * Writes `Split-<name>/FeatureStats.pb` for each split of the examples. A schema, if given, says which integers are
 * identifiers.
 *
 * @throws {Terminal} `no-such-split`, `no-splits`; as `openExamples` and `readSchema`.
 */
export async function describeExamples(
  context: ExecutionContext<typeof statisticsGenDeclaration>,
): Promise<ExecutionResult> {
  const { inputs, outputs, parameters, signal } = context;
  const { properties } = inputs.examples.artifact;
  await using engine = await openEngine();
  const examples = await openExamples(engine, inputs.examples.path, splitNamesOf(properties));
  const categorical = await categoricalFeatures(inputs.schema);
  const splits = includedSplits(examples.splits, parameters.excludeSplits);
  let numExamples = 0;
  for (const [index, split] of splits.entries()) {
    signal.throwIfAborted();
    const table = examples.table(split);
    const statistics = await generateStatistics(engine, table, examples.columns, { categorical });
    await writeStatistics(outputs.statistics.path, split, statistics);
    numExamples += Number(statistics.numExamples);
    context.progress((index + 1) / splits.length, split);
  }
  outputs.statistics.setProperty("split_names", JSON.stringify(splits));
  if (properties["span"] !== undefined) outputs.statistics.setProperty("span", properties["span"]);
  return { metrics: { num_examples: numExamples, num_features: examples.columns.length } };
}

async function categoricalFeatures(schema: Input | undefined): Promise<ReadonlySet<string>> {
  if (schema === undefined) return new Set();
  const { feature } = await readSchema(schema.path);
  const categorical = feature.filter(
    ({ domainInfo }) => domainInfo?.$case === "intDomain" && domainInfo.value.isCategorical === true,
  );
  return new Set(categorical.map(({ name }) => name ?? ""));
}
