import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Schema } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  type DatasetFeatureStatistics,
  DatasetFeatureStatisticsList,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import type { MessageJson } from "../text-format/message-type.ts";
import { parseText } from "../text-format/parse.ts";
import { printText } from "../text-format/print.ts";
import { schemaType } from "../text-format/schema-type.ts";
import { inferSchema, updateSchema } from "./infer.ts";

const goldens = new URL("../../../tests/goldens/penguins/", import.meta.url);
const text = (path: string) => readFileSync(new URL(path, goldens), "utf8");
const schemaAt = (path: string) => Schema.fromJSON(parseText(schemaType, text(path), path));
const print = (schema: Schema) => printText(schemaType, Schema.toJSON(schema) as MessageJson);

function statisticsAt(path: string): DatasetFeatureStatistics {
  return DatasetFeatureStatisticsList.decode(readFileSync(new URL(path, goldens))).datasets[0]!;
}

describe("inferSchema()", () => {
  it("writes the schema that TFX wrote for the penguins", () => {
    const splits = ["train", "eval"].map((split) => statisticsAt(`statistics/Split-${split}/FeatureStats.pb`));
    expect(print(inferSchema(splits, { inferFeatureShape: true }))).toBe(text("schema.pbtxt"));
  });

  it("writes limits of the number of values where no shape is wanted", () => {
    const schema = inferSchema([statisticsAt("drift/stats_a_prev.pb")], { inferFeatureShape: false });
    const limits = schema.feature.map(({ shapeType }) => shapeType);
    expect(limits).toEqual(schema.feature.map(() => ({ $case: "valueCount", value: { min: 1n, max: 1n } })));
  });

  it("names no domain for more strings than may be all there are", () => {
    const splits = [statisticsAt("statistics/Split-train/FeatureStats.pb")];
    const schema = inferSchema(splits, { inferFeatureShape: true, stringDomainValuesMax: 2 });
    expect(schema.stringDomain.map(({ name }) => name)).toEqual(["sex"]);
  });
});

describe("updateSchema()", () => {
  it("widens a schema to corrupted data as TFDV does", () => {
    const updated = updateSchema(
      schemaAt("schema_with_float_domain.pbtxt"),
      statisticsAt("anomalies_corrupted/FeatureStats.pb"),
      {
        inferFeatureShape: false,
      },
    );
    expect(print(updated)).toBe(text("anomalies_corrupted/updated/schema_updated.pbtxt"));
  });

  it("changes nothing where statistics fit", () => {
    const schema = schemaAt("schema.pbtxt");
    const updated = updateSchema(schema, statisticsAt("statistics/Split-eval/FeatureStats.pb"), {
      inferFeatureShape: true,
    });
    expect(print(updated)).toBe(print(schema));
  });
});
