import { readAnomalies, type SplitAnomalies } from "millrace/data-validation";
import type { AnomalyFound } from "millrace/model-analysis";

/** Anomalies of severity ERROR in an ExampleAnomalies artifact, by split; a split without examples is one too. */
export async function errorAnomalies(path: string): Promise<AnomalyFound[]> {
  return (await readAnomalies(path)).flatMap(errorsOfSplit);
}

function errorsOfSplit({ split, dataMissing, found }: SplitAnomalies): AnomalyFound[] {
  const missing = dataMissing ? [{ split, feature: "the dataset", description: "No examples" }] : [];
  const errors = found.filter(({ severity }) => severity === "error");
  return [
    ...missing,
    ...errors.map(({ feature = "the dataset", shortDescription }) => ({
      split,
      feature,
      description: shortDescription,
    })),
  ];
}
