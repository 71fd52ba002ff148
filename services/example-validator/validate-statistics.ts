import type { ExecutionContext, ExecutionResult } from "millrace/component";
import {
  detectAnomalies,
  includedSplits,
  readSchema,
  readStatistics,
  type SplitAnomalies,
  splitsIn,
  summarizeAnomalies,
  writeAnomalies,
} from "millrace/data-validation";
import { splitNamesOf } from "millrace/engine";
import type { exampleValidatorDeclaration } from "millrace/pipeline";
import { anomaliesNote } from "./anomalies-note.ts";

/**
 * Writes `Split-<name>/SchemaDiff.pb` for each split, and the property `blessed`: by split, 1 where nothing was found.
 * Anomalies are an answer, not a failure: the run goes on.
 *
 * @throws {Terminal} `no-such-split`, `no-splits`, `malformed-file`, `no-schema`, `malformed-text-proto`.
 */
export async function validateStatistics(
  context: ExecutionContext<typeof exampleValidatorDeclaration>,
): Promise<ExecutionResult> {
  const { inputs, outputs, parameters } = context;
  const { path, artifact } = inputs.statistics;
  const splits = includedSplits(splitsIn(path, splitNamesOf(artifact.properties)), parameters.excludeSplits);
  const schema = await readSchema(inputs.schema.path);
  const found: SplitAnomalies[] = [];
  for (const split of splits) {
    const anomalies = detectAnomalies(schema, await readStatistics(path, split));
    await writeAnomalies(outputs.anomalies.path, split, anomalies);
    found.push({ split, ...summarizeAnomalies(anomalies) });
  }
  outputs.anomalies.setProperty("split_names", JSON.stringify(splits));
  outputs.anomalies.setProperty("blessed", JSON.stringify(blessings(found)));
  return {
    metrics: { errors: countOf(found, "error"), warnings: countOf(found, "warning") },
    note: anomaliesNote(found),
  };
}

function blessings(found: readonly SplitAnomalies[]): Readonly<Record<string, 0 | 1>> {
  return Object.fromEntries(found.map((split) => [split.split, split.dataMissing || split.found.length > 0 ? 0 : 1]));
}

/** A split without examples counts as an error. */
function countOf(found: readonly SplitAnomalies[], severity: "error" | "warning"): number {
  const missing = severity === "error" ? found.filter(({ dataMissing }) => dataMissing).length : 0;
  return missing + found.flatMap((split) => split.found).filter((anomaly) => anomaly.severity === severity).length;
}
