import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Anomalies, AnomalyInfo_Severity } from "millrace/contracts/tensorflow/metadata/v0/anomalies.ts";
import type { AnomalyFound } from "millrace/model-analysis";

const splitDirectory = /^Split-(.+)$/;

/** Anomalies of severity ERROR in an ExampleAnomalies artifact (`Split-<name>/SchemaDiff.pb`), by split and feature. */
export function errorAnomalies(path: string): AnomalyFound[] {
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const split = splitDirectory.exec(name)?.[1];
      return split === undefined ? [] : ofSplit(split, readFileSync(join(path, name, "SchemaDiff.pb")));
    });
}

function ofSplit(split: string, diff: Uint8Array): AnomalyFound[] {
  return Object.entries(Anomalies.decode(diff).anomalyInfo)
    .filter(([, { severity }]) => severity === AnomalyInfo_Severity.ERROR)
    .map(([feature, { shortDescription = "" }]) => ({ split, feature, description: shortDescription }))
    .sort((a, b) => (a.feature < b.feature ? -1 : 1));
}
