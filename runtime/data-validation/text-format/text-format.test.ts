import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Anomalies } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import { Schema } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import { DatasetFeatureStatisticsList } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { Terminal } from "../../model/mod.ts";
import { anomaliesType } from "./anomalies-type.ts";
import { messageType, type MessageJson, type MessageType } from "./message-type.ts";
import { parseText } from "./parse.ts";
import { printText } from "./print.ts";
import { schemaType } from "./schema-type.ts";
import { statisticsType } from "./statistics-type.ts";

const goldens = new URL("../../../tests/goldens/penguins/", import.meta.url);
const golden = (path: string) => readFileSync(new URL(path, goldens));

const codecs = { Schema, Anomalies, DatasetFeatureStatisticsList } as const;
const types = { Schema: schemaType, Anomalies: anomaliesType, DatasetFeatureStatisticsList: statisticsType } as const;

const binaryGoldens: readonly (readonly [path: string, message: keyof typeof codecs])[] = [
  ["statistics/Split-train/FeatureStats", "DatasetFeatureStatisticsList"],
  ["statistics/Split-eval/FeatureStats", "DatasetFeatureStatisticsList"],
  ["anomalies_corrupted/FeatureStats", "DatasetFeatureStatisticsList"],
  ["drift/stats_a_prev", "DatasetFeatureStatisticsList"],
  ["drift/stats_b_cur", "DatasetFeatureStatisticsList"],
  ["drift/schema", "Schema"],
  ["drift/anomalies", "Anomalies"],
  ["anomalies_clean/Split-train/SchemaDiff", "Anomalies"],
  ["anomalies_corrupted/SchemaDiff", "Anomalies"],
];

const textGoldens = [
  "schema",
  "schema_with_float_domain",
  "anomalies_corrupted/updated/schema_updated",
  "drift/schema",
];

describe("printText()", () => {
  it.each(binaryGoldens)("writes %s.pb as TensorFlow wrote its text", (path, message) => {
    const json = codecs[message].toJSON(codecs[message].decode(golden(`${path}.pb`)) as never) as MessageJson;
    expect(printText(types[message], json)).toBe(golden(`${path}.pbtxt`).toString());
  });

  it("escapes quotes, backslashes and control characters, and leaves UTF-8 as it is", () => {
    const type = messageType("M", [["s", "string"]]);
    expect(printText(type, { s: "a\"b'c\\d\né\u0001" })).toBe('s: "a\\"b\\\'c\\\\d\\né\\001"\n');
  });

  it.each([
    [1, "1.0"],
    [1e16, "1e+16"],
    [123456789012345.6, "123456789012345.6"],
    [0.00001, "1e-05"],
    [0.0001, "0.0001"],
    [-2.5e-7, "-2.5e-07"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NaN, "nan"],
  ])("writes the double %d as Python does", (value, text) => {
    expect(printText(messageType("M", [["d", "double"]]), { d: value })).toBe(`d: ${text}\n`);
  });
});

describe("parseText()", () => {
  it.each(textGoldens)("reads %s.pbtxt so that it prints as it was", (path) => {
    const text = golden(`${path}.pbtxt`).toString();
    const schema = Schema.fromJSON(parseText(schemaType, text, `${path}.pbtxt`));
    expect(printText(schemaType, Schema.toJSON(schema) as MessageJson)).toBe(text);
  });

  it.each(binaryGoldens)("reads %s.pbtxt into the message of its .pb", (path, message) => {
    const codec = codecs[message];
    const read = codec.fromJSON(parseText(types[message], golden(`${path}.pbtxt`).toString(), path));
    expect(codec.toJSON(read as never)).toEqual(codec.toJSON(codec.decode(golden(`${path}.pb`)) as never));
  });

  it("reads comments, separators, angle brackets, lists, signs apart and joined strings", () => {
    const text = `
      # a comment
      feature < name: 'a' "b"; type: 3, int_domain: { min: - 5 max: 0x10 } >
      feature { name: "\\303\\251" in_environment: ["X", 'Y'] float_domain { min: -1.5f max: inf } }`;
    expect(parseText(schemaType, text, "x")).toEqual({
      feature: [
        { name: "ab", type: 3, intDomain: { min: "-5", max: "16" } },
        { name: "é", inEnvironment: ["X", "Y"], floatDomain: { min: -1.5, max: Number.POSITIVE_INFINITY } },
      ],
    });
  });

  it.each([
    ['feature {\n  nam: "a"\n}', 2, 3, "no field"],
    ["feature {\n  type: FLOT\n}", 2, 9, "must be one of TYPE_UNKNOWN, BYTES, INT, FLOAT, STRUCT"],
    ["feature {\n  value_count { min: 1.5 }\n}", 2, 22, "must be integer"],
    ['feature {\n  name: "a"\n  name: "b"\n}', 3, 3, "must be given once"],
    ["feature {", 1, 10, "expected a field"],
    ['feature { name: "\\q" }', 1, 17, "must be string"],
    ["feature @", 1, 9, 'found "@"'],
    ["}", 1, 1, "expected a field"],
    ["feature { name\n: a }", 2, 3, "must be string"],
  ])("names line and column of what is wrong in %j", (text, line, column, what) => {
    const read = () => parseText(schemaType, text, "schema.pbtxt");
    expect(read).toThrow(Terminal);
    expect(read).toThrow(
      expect.objectContaining({ code: "malformed-text-proto", place: { file: "schema.pbtxt", line, column } }),
    );
    expect(read).toThrow(what);
  });

  it("reads back every value that printText() writes", () => {
    const type: MessageType = messageType("M", [
      ["s", "string"],
      ["d", "double"],
      ["f", "float"],
      ["r", "string", "repeated"],
    ]);
    fc.assert(
      fc.property(
        fc.record({
          s: fc.string({ unit: "binary" }),
          d: fc.double(),
          f: fc.float(),
          r: fc.array(fc.string(), { minLength: 1 }),
        }),
        (json) => {
          expect(parseText(type, printText(type, json), "m")).toEqual(json);
        },
      ),
    );
  });
});
