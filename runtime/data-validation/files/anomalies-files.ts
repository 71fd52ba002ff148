import { Anomalies, type AnomalyInfo, AnomalyInfo_Severity } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import { compareBytes } from "../schema/feature-view.ts";
import { readSplitFile, splitsIn, writeSplitFile } from "./split-files.ts";

const fileName = "SchemaDiff.pb";

/** An anomaly as others decide on it. */
export interface FoundAnomaly {
  /** The feature's path; undefined for the dataset as a whole. */
  readonly feature: string | undefined;
  readonly severity: "error" | "warning" | "unknown";
  /** A few words, for example "Out-of-range values". */
  readonly shortDescription: string;
  /** Sentences. */
  readonly description: string;
}

/** What was found in a split. */
export interface SplitAnomalies {
  readonly split: string;
  /** Whether it had no examples. */
  readonly dataMissing: boolean;
  /** By feature, those of the dataset as a whole first. */
  readonly found: readonly FoundAnomaly[];
}

const severities: Readonly<Record<number, FoundAnomaly["severity"]>> = {
  [AnomalyInfo_Severity.ERROR]: "error",
  [AnomalyInfo_Severity.WARNING]: "warning",
};

/**
 * Reads an ExampleAnomalies artifact, ours or TFX's.
 * @param path The artifact's directory.
 * @param order Order of its splits; default by name.
 * @throws {Terminal} `no-such-split`, `malformed-file`.
 */
export async function readAnomalies(path: string, order?: readonly string[]): Promise<readonly SplitAnomalies[]> {
  return Promise.all(splitsIn(path, order).map((split) => readSplitAnomalies(path, split)));
}

async function readSplitAnomalies(path: string, split: string): Promise<SplitAnomalies> {
  const anomalies = await readSplitFile(path, split, fileName, (bytes) => Anomalies.decode(bytes));
  return { split, ...summarizeAnomalies(anomalies) };
}

/** Writes a split's anomalies: `Split-<name>/SchemaDiff.pb`. */
export async function writeAnomalies(path: string, split: string, anomalies: Anomalies): Promise<void> {
  await writeSplitFile(path, split, fileName, Anomalies.encode(anomalies).finish());
}

/** Anomalies as a list. */
export function summarizeAnomalies(anomalies: Anomalies): Omit<SplitAnomalies, "split"> {
  const dataset = anomalies.datasetAnomalyInfo === undefined ? [] : [toFound(undefined, anomalies.datasetAnomalyInfo)];
  const features = Object.entries(anomalies.anomalyInfo)
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([feature, info]) => toFound(feature, info));
  return { dataMissing: anomalies.dataMissing ?? false, found: [...dataset, ...features] };
}

function toFound(feature: string | undefined, info: AnomalyInfo): FoundAnomaly {
  return {
    feature,
    severity: severities[info.severity ?? AnomalyInfo_Severity.UNKNOWN] ?? "unknown",
    shortDescription: info.shortDescription ?? "",
    description: info.description ?? "",
  };
}
