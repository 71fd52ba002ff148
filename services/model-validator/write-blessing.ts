import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "millrace/model";
import type { Comparison, Evaluation, Thresholds, Verdict } from "millrace/model-analysis";

/** A model and what it reached on this run's split. */
export interface EvaluatedModel {
  readonly digest: string;
  readonly evaluation: Evaluation;
}

/** Everything a blessing records. */
export interface BlessingRecord {
  readonly verdict: Verdict;
  readonly split: string;
  readonly comparison: Comparison;
  readonly thresholds: Thresholds;
  readonly candidate: EvaluatedModel;
  readonly baseline: EvaluatedModel | undefined;
}

/**
 * Writes a ModelBlessing: the empty file `BLESSED` or `NOT_BLESSED`, and `validation.json` with the reasons and both
 * models' numbers. Source: TFX ModelBlessing.
 */
export async function writeBlessing(path: string, record: BlessingRecord): Promise<void> {
  const { verdict, split, comparison, thresholds, candidate, baseline } = record;
  const validation = {
    format: "millrace.validation/1",
    ...verdict,
    split,
    comparison,
    thresholds,
    candidate: numbersOf(candidate),
    baseline: baseline === undefined ? null : numbersOf(baseline),
  };
  await writeFile(join(path, verdict.blessed ? "BLESSED" : "NOT_BLESSED"), "");
  await writeFile(join(path, "validation.json"), `${canonicalJson(validation)}\n`);
}

function numbersOf({ digest, evaluation }: EvaluatedModel) {
  const slices = evaluation.slices.map(({ slice, metrics, classes }) => ({ slice, metrics, classes }));
  return { model: digest, slices };
}
