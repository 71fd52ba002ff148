import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Anomalies, AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import { type Feature, FeatureType, Schema } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  DatasetFeatureStatistics,
  DatasetFeatureStatisticsList,
  type FeatureNameStatistics,
  FeatureNameStatistics_Type as Kind,
  NumericStatistics,
  StringStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { anomaliesType } from "../text-format/anomalies-type.ts";
import type { MessageJson } from "../text-format/message-type.ts";
import { parseText } from "../text-format/parse.ts";
import { printText } from "../text-format/print.ts";
import { schemaType } from "../text-format/schema-type.ts";
import { detectAnomalies } from "./detect.ts";

const goldens = new URL("../../../tests/goldens/penguins/", import.meta.url);
const golden = (path: string) => readFileSync(new URL(path, goldens));
const schemaAt = (path: string) => Schema.fromJSON(parseText(schemaType, golden(path).toString(), path));
const statisticsAt = (path: string) => DatasetFeatureStatisticsList.decode(golden(path)).datasets[0]!;
const print = (anomalies: Anomalies) => printText(anomaliesType, Anomalies.toJSON(anomalies) as MessageJson);

/** Statistics of ten examples with one string feature `f`. */
function strings(counts: Readonly<Record<string, number>>, missing = 0n): DatasetFeatureStatistics {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const buckets = Object.entries(counts).map(([label, sampleCount]) => ({ label, sampleCount }));
  const value = StringStatistics.fromPartial({
    unique: BigInt(buckets.length),
    rankHistogram: { buckets },
    commonStats: common(BigInt(total), missing),
  });
  return dataset({ type: Kind.STRING, stats: { $case: "stringStats", value } }, BigInt(total) + missing);
}

function numbers(type: Kind, min: number, max: number, numNan = 0n): DatasetFeatureStatistics {
  const value = NumericStatistics.fromPartial({ min, max, histograms: [{ numNan }], commonStats: common(10n, 0n) });
  return dataset({ type, stats: { $case: "numStats", value } }, 10n);
}

function measurements(anomalies: Anomalies) {
  return anomalies.driftSkewInfo.flatMap((info) => [...info.driftMeasurements, ...info.skewMeasurements]);
}

function common(present: bigint, missing: bigint) {
  return { numNonMissing: present, numMissing: missing, minNumValues: 1n, maxNumValues: 1n, totNumValues: present };
}

function dataset(feature: Omit<FeatureNameStatistics, "fieldId">, numExamples: bigint): DatasetFeatureStatistics {
  const fieldId = { $case: "path" as const, value: { step: ["f"] } };
  return { name: "", weightedNumExamples: 0, numExamples, features: [{ ...feature, fieldId }] };
}

function schemaOf(feature: Partial<Feature>, rest: Partial<Schema> = {}): Schema {
  return Schema.fromPartial({ ...rest, feature: [{ name: "f", ...feature }] } as never);
}

function reasons(schema: Schema, statistics: DatasetFeatureStatistics) {
  const info = detectAnomalies(schema, statistics).anomalyInfo["f"];
  return (info?.reason ?? []).map(({ type, description }) => [type, description]);
}

describe("detectAnomalies()", () => {
  it.each(["train", "eval"])("finds nothing in the %s split of the penguins, as TFX did", (split) => {
    const statistics = statisticsAt(`statistics/Split-${split}/FeatureStats.pb`);
    const anomalies = detectAnomalies(schemaAt("schema.pbtxt"), statistics);
    expect(print(anomalies)).toBe(golden(`anomalies_clean/Split-${split}/SchemaDiff.pbtxt`).toString());
  });

  it("finds new, missing, mistyped, foreign and out-of-range values as TFDV did", () => {
    const anomalies = detectAnomalies(
      schemaAt("schema_with_float_domain.pbtxt"),
      statisticsAt("anomalies_corrupted/FeatureStats.pb"),
    );
    expect(print(anomalies)).toBe(golden("anomalies_corrupted/SchemaDiff.pbtxt").toString());
  });

  it("measures drift and skew as TFDV did", () => {
    const previous = statisticsAt("drift/stats_a_prev.pb");
    const anomalies = detectAnomalies(schemaAt("drift/schema.pbtxt"), statisticsAt("drift/stats_b_cur.pb"), {
      previous,
      serving: previous,
    });
    const expected = Anomalies.decode(golden("drift/anomalies.pb"));
    expect(print({ ...anomalies, driftSkewInfo: [] })).toBe(print({ ...expected, driftSkewInfo: [] }));
    expect(measurements(anomalies)).toHaveLength(measurements(expected).length);
    for (const [index, measured] of measurements(anomalies).entries()) {
      const { type, threshold, value = Number.NaN } = measurements(expected)[index] ?? {};
      expect(measured).toMatchObject({ type, threshold });
      expect(measured.value).toBeCloseTo(value, 14);
    }
  });

  it("reports missing data where there are no examples, and nothing else", () => {
    const anomalies = detectAnomalies(schemaOf({}), strings({}));
    expect(anomalies).toMatchObject({ dataMissing: true, anomalyInfo: {} });
  });

  it("reports that control data lacks a feature", () => {
    const schema = schemaOf({ type: FeatureType.BYTES, driftComparator: { infinityNorm: { threshold: 0.1 } } });
    const previous = DatasetFeatureStatistics.fromPartial({ numExamples: 1n });
    const { anomalyInfo } = detectAnomalies(schema, strings({ a: 10 }), { previous });
    expect(anomalyInfo["f"]?.reason).toMatchObject([{ type: Type.COMPARATOR_CONTROL_DATA_MISSING }]);
  });

  it("does not look at deprecated features", () => {
    expect(reasons(schemaOf({ type: FeatureType.INT, lifecycleStage: 5 }), strings({ a: 1 }))).toEqual([]);
  });

  const bytes = { type: FeatureType.BYTES } as const;
  it.each<[string, Partial<Feature>, DatasetFeatureStatistics, Type, string]>([
    [
      "too few examples that have it",
      { ...bytes, presence: { minCount: 11n } },
      strings({ a: 10 }),
      Type.FEATURE_TYPE_LOW_NUMBER_PRESENT,
      "The feature was present in fewer examples than expected: minimum count = 11, actual = 10",
    ],
    [
      "too small a fraction",
      { ...bytes, presence: { minFraction: 1 } },
      strings({ a: 9 }, 1n),
      Type.FEATURE_TYPE_LOW_FRACTION_PRESENT,
      "The feature was present in fewer examples than expected: minimum fraction = 1.000000, actual = 0.900000",
    ],
    [
      "no example that has it",
      { ...bytes, presence: { minCount: 1n } },
      strings({}, 10n),
      Type.FEATURE_TYPE_NOT_PRESENT,
      "The feature was not present in any examples.",
    ],
    [
      "too few values",
      { ...bytes, shapeType: { $case: "valueCount", value: { min: 2n } } },
      strings({ a: 10 }),
      Type.FEATURE_TYPE_LOW_NUMBER_VALUES,
      "Some examples have fewer values than expected.",
    ],
    [
      "too many values",
      { ...bytes, shapeType: { $case: "valueCount", value: { max: 0n } } },
      strings({ a: 10 }),
      Type.FEATURE_TYPE_HIGH_NUMBER_VALUES,
      "Some examples have more values than expected.",
    ],
    [
      "a shape that missing values break",
      { ...bytes, shapeType: { $case: "shape", value: { dim: [{ size: 1n }] } } },
      strings({ a: 9 }, 1n),
      Type.INVALID_FEATURE_SHAPE,
      "The feature has a shape, but it's not always present (if the feature is nested, then it should always be present at each nested level) or its value lengths vary.",
    ],
    [
      "a shape of another size",
      { ...bytes, shapeType: { $case: "shape", value: { dim: [{ size: 2n }] } } },
      strings({ a: 10 }),
      Type.INVALID_FEATURE_SHAPE,
      "The feature has fixed value length 1 but it's not compatible with the specified shape.",
    ],
    [
      "strings that are not UTF-8",
      { ...bytes, domainInfo: { $case: "stringDomain", value: { value: ["a"] } } },
      strings({ __BYTES_VALUE__: 1 }),
      Type.ENUM_TYPE_INVALID_UTF8,
      "Found strings that were not valid UTF8 strings.",
    ],
    [
      "rare foreign strings",
      { ...bytes, domainInfo: { $case: "stringDomain", value: { value: ["a"] } } },
      strings({ a: 999, 'b"': 1 }),
      Type.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
      'Examples contain values missing from the schema: b\\" (<1%). ',
    ],
    [
      "words that are not true or false",
      { ...bytes, domainInfo: { $case: "boolDomain", value: { trueValue: "yes", falseValue: "no" } } },
      strings({ maybe: 1 }),
      Type.BOOL_TYPE_UNEXPECTED_STRING,
      'Saw unexpected value "maybe" instead of {"no", "yes"}.',
    ],
    [
      "strings that write no integer",
      { ...bytes, domainInfo: { $case: "intDomain", value: {} } },
      strings({ "1": 1, x: 1 }),
      Type.INT_TYPE_NOT_INT_STRING,
      'String values that were not ints were found, such as "x".',
    ],
    [
      "strings that write no float",
      { ...bytes, domainInfo: { $case: "floatDomain", value: {} } },
      strings({ "1.5": 1, x: 1 }),
      Type.FLOAT_TYPE_STRING_NOT_FLOAT,
      'String values that were not floats were found, such as "x".',
    ],
    [
      "integers too small",
      { type: FeatureType.INT, domainInfo: { $case: "intDomain", value: { min: 0n } } },
      numbers(Kind.INT, -3, 5),
      Type.INT_TYPE_SMALL_INT,
      "Unexpectedly small value: -3.",
    ],
    [
      "integers too large",
      { type: FeatureType.INT, domainInfo: { $case: "intDomain", value: { max: 4n } } },
      numbers(Kind.INT, -3, 5),
      Type.INT_TYPE_BIG_INT,
      "Unexpectedly large value: 5.",
    ],
    [
      "integers other than 0 and 1",
      { type: FeatureType.INT, domainInfo: { $case: "boolDomain", value: {} } },
      numbers(Kind.INT, 0, 2),
      Type.BOOL_TYPE_BIG_INT,
      "Integers (such as 2) not in {0, 1}: converting to an integer.",
    ],
    [
      "floats other than 0 and 1",
      { type: FeatureType.FLOAT, domainInfo: { $case: "boolDomain", value: {} } },
      numbers(Kind.FLOAT, 0.5, 1),
      Type.BOOL_TYPE_UNEXPECTED_FLOAT,
      "Floats (such as 0.5) not in {0, 1}: converting to float_domain.",
    ],
    [
      "floats too low",
      { type: FeatureType.FLOAT, domainInfo: { $case: "floatDomain", value: { min: 0 } } },
      numbers(Kind.FLOAT, -1234567, 1),
      Type.FLOAT_TYPE_SMALL_FLOAT,
      "Unexpectedly low values: -1.23457e+06<0(upto six significant digits)",
    ],
    [
      "NaN where it is forbidden",
      { type: FeatureType.FLOAT, domainInfo: { $case: "floatDomain", value: { disallowNan: true } } },
      numbers(Kind.FLOAT, 0, 1, 2n),
      Type.FLOAT_TYPE_HAS_NAN,
      "Float feature has NaN values.",
    ],
    [
      "infinity where it is forbidden",
      { type: FeatureType.FLOAT, domainInfo: { $case: "floatDomain", value: { disallowInf: true } } },
      numbers(Kind.FLOAT, 0, Number.POSITIVE_INFINITY),
      Type.FLOAT_TYPE_HAS_INF,
      "Float feature has Inf values.",
    ],
    [
      "too few distinct values",
      { ...bytes, uniqueConstraints: { min: 3n, max: 4n } },
      strings({ a: 1 }),
      Type.FEATURE_TYPE_LOW_UNIQUE,
      "Expected at least 3 unique values but found only 1.",
    ],
    [
      "distinct values of numbers",
      { type: FeatureType.INT, uniqueConstraints: { min: 3n } },
      numbers(Kind.INT, 0, 1),
      Type.FEATURE_TYPE_NO_UNIQUE,
      "UniqueConstraints specified for the feature, but unique values were not counted (i.e., feature is not string or categorical).",
    ],
    [
      "a domain of another type",
      { type: FeatureType.INT, domainInfo: { $case: "floatDomain", value: {} } },
      numbers(Kind.INT, 0, 1),
      Type.DOMAIN_INVALID_FOR_TYPE,
      'The domain "float_domain" does not match the type: INT',
    ],
    [
      "a domain that is not there",
      { ...bytes, domainInfo: { $case: "domain", value: "nowhere" } },
      strings({ a: 1 }),
      Type.INVALID_DOMAIN_SPECIFICATION,
      "",
    ],
  ])("reports %s", (_, feature, statistics, type, description) => {
    expect(reasons(schemaOf(feature), statistics)).toEqual([[type, description]]);
  });

  it("tolerates as much outside of a domain as its mass allows", () => {
    const domainInfo = { $case: "stringDomain" as const, value: { value: ["a"] } };
    const tolerant = schemaOf({ ...bytes, domainInfo, distributionConstraints: { minDomainMass: 0.9 } });
    expect(reasons(tolerant, strings({ a: 9, b: 1 }))).toEqual([]);
    expect(reasons(tolerant, strings({ a: 8, b: 2 }))).toMatchObject([
      [Type.ENUM_TYPE_UNEXPECTED_STRING_VALUES, expect.any(String)],
    ]);
  });

  it("joins several findings under one anomaly", () => {
    const schema = schemaOf({ type: FeatureType.INT, domainInfo: { $case: "intDomain", value: { min: 0n, max: 4n } } });
    const { anomalyInfo } = detectAnomalies(schema, numbers(Kind.INT, -3, 5));
    expect(anomalyInfo["f"]).toMatchObject({
      shortDescription: "Multiple errors",
      description: "Unexpectedly small value: -3. Unexpectedly large value: 5.",
    });
  });

  it("checks the number of examples against bounds and the span before", () => {
    const schema = schemaOf(bytes, {
      datasetConstraints: { minExamplesCount: 20n, numExamplesDriftComparator: { minFractionThreshold: 0.5 } },
    });
    const { datasetAnomalyInfo } = detectAnomalies(schema, strings({ a: 10 }), { previous: strings({ a: 40 }) });
    expect(datasetAnomalyInfo?.reason).toMatchObject([
      { type: Type.COMPARATOR_LOW_NUM_EXAMPLES },
      {
        type: Type.DATASET_LOW_NUM_EXAMPLES,
        description: "The dataset has 10 examples, which is fewer than expected.",
      },
    ]);
  });
});
