import type { ExecutionContext, ExecutionResult } from "millrace/component";
import { includedSplits, inferSchema, readStatistics, splitsIn, writeSchema } from "millrace/data-validation";
import { splitNamesOf } from "millrace/engine";
import type { schemaGenDeclaration } from "millrace/pipeline";

/**
 * Writes `schema.pbtxt`: inferred from the first split, then widened to the others in their order.
 *
 * @throws {Terminal} `no-such-split`, `no-splits`, `malformed-file`.
 */
export async function inferFromStatistics(
  context: ExecutionContext<typeof schemaGenDeclaration>,
): Promise<ExecutionResult> {
  const { inputs, outputs, parameters } = context;
  const { path, artifact } = inputs.statistics;
  const splits = includedSplits(splitsIn(path, splitNamesOf(artifact.properties)), parameters.excludeSplits);
  const statistics = await Promise.all(splits.map((split) => readStatistics(path, split)));
  const schema = inferSchema(statistics, { inferFeatureShape: parameters.inferFeatureShape });
  await writeSchema(outputs.schema.path, schema);
  return { metrics: { num_features: schema.feature.length, num_string_domains: schema.stringDomain.length } };
}
