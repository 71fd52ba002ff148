import { expect, it } from "vitest";
import { examplesProperties, splitNamesOf } from "./examples-properties.ts";

it("examplesProperties() says what TFX says, and splitNamesOf() reads it back in order", () => {
  const rows = new Map([
    ["train", 2],
    ["eval", 1],
  ]);
  const properties = examplesProperties({ rows, format: "tfrecord", span: "12" });
  expect(properties).toEqual({
    split_names: '["train","eval"]',
    span: "12",
    version: "0",
    payload_format: "FORMAT_TF_EXAMPLE",
    file_format: "tfrecords_gzip",
    rows: '[["train",2],["eval",1]]',
  });
  expect(splitNamesOf(properties)).toEqual(["train", "eval"]);
});

it("splitNamesOf() knows none where nothing says any, and refuses what is no list of names", () => {
  expect(splitNamesOf({})).toBeUndefined();
  for (const text of ["train", "{}", "[1]"]) {
    expect(() => splitNamesOf({ split_names: text })).toThrow(/split_names/);
  }
});
