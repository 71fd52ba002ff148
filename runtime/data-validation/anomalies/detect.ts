import {
  Anomalies,
  Anomalies_AnomalyNameFormat,
  AnomalyInfo_Type,
  type DriftSkewInfo,
} from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { Feature, Schema } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type {
  DatasetFeatureStatistics,
  FeatureNameStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { amendFeature } from "../schema/amend-feature.ts";
import { isDeprecated } from "../schema/deprecation.ts";
import { compareBytes, pathOf, serializePath } from "../schema/feature-view.ts";
import type { Finding, StringDomains } from "../schema/finding.ts";
import { missingFeatures, stringDomainsOf } from "../schema/infer.ts";
import { checkDataset } from "./dataset-constraints.ts";
import { describeFindings } from "./describe.ts";
import { compareFeature, type ControlStatistics } from "./drift.ts";

/** What was found about one feature. */
interface Inspected {
  readonly path: readonly string[];
  readonly findings: readonly Finding[];
  readonly distances?: DriftSkewInfo;
}

/**
 * Compares statistics with a schema, and with other statistics if the schema asks for it.
 *
 * @returns TFDV's Anomalies, texts included, features by the bytes of their paths; `dataMissing` and nothing else if
 * there are no examples.
 * Source: TFDV's validate_statistics.
 */
export function detectAnomalies(
  schema: Schema,
  statistics: DatasetFeatureStatistics,
  controls: ControlStatistics = {},
): Anomalies {
  if (statistics.numExamples === 0n) return Anomalies.fromPartial({ baseline: schema, dataMissing: true });
  const inspected = [...inspectFeatures(schema, statistics, controls), ...inspectMissing(schema, statistics)].sort(
    (a, b) => compareBytes(serializePath(a.path), serializePath(b.path)),
  );
  const dataset = checkDataset(schema.datasetConstraints, statistics, controls.previous);
  return {
    baseline: schema,
    anomalyNameFormat: Anomalies_AnomalyNameFormat.SERIALIZED_PATH,
    anomalyInfo: Object.fromEntries(
      inspected
        .filter(({ findings }) => findings.length > 0)
        .map(({ path, findings }) => [serializePath(path), describeFindings(findings, path)]),
    ),
    datasetAnomalyInfo: dataset.length === 0 ? undefined : describeFindings(dataset),
    driftSkewInfo: inspected.flatMap(({ distances }) => distances ?? []),
  };
}

function inspectFeatures(
  schema: Schema,
  statistics: DatasetFeatureStatistics,
  controls: ControlStatistics,
): readonly Inspected[] {
  const features = new Map(schema.feature.map((feature) => [feature.name, feature]));
  const domains = stringDomainsOf(schema);
  return statistics.features.flatMap((found) => {
    const path = pathOf(found);
    const feature = features.get(path.at(-1));
    if (feature === undefined) return [{ path, findings: [newColumn] }];
    if (isDeprecated(feature)) return [];
    return [inspectFeature(feature, found, domains, Number(statistics.numExamples), controls)];
  });
}

function inspectFeature(
  feature: Feature,
  statistics: FeatureNameStatistics,
  domains: StringDomains,
  numExamples: number,
  controls: ControlStatistics,
): Inspected {
  const path = pathOf(statistics);
  const { findings } = amendFeature(feature, statistics, domains, numExamples);
  const compared = compareFeature(feature, statistics, controls);
  const all = [...findings, ...compared.findings];
  if (compared.drift.length === 0 && compared.skew.length === 0) return { path, findings: all };
  const distances: DriftSkewInfo = {
    path: { step: [...path] },
    driftMeasurements: [...compared.drift],
    skewMeasurements: [...compared.skew],
  };
  return { path, findings: all, distances };
}

function inspectMissing(schema: Schema, statistics: DatasetFeatureStatistics): readonly Inspected[] {
  return missingFeatures(schema, statistics).map(({ name }) => ({ path: [name ?? ""], findings: [missingColumn] }));
}

const newColumn: Finding = {
  type: AnomalyInfo_Type.SCHEMA_NEW_COLUMN,
  shortDescription: "New column",
  description: "New column (column in data but not in schema)",
};

const missingColumn: Finding = {
  type: AnomalyInfo_Type.SCHEMA_MISSING_COLUMN,
  shortDescription: "Column dropped",
  description: "Column is completely missing",
};
