import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DatasetFeatureStatisticsList,
  FeatureNameStatistics_Type,
} from "millrace/contracts/tensorflow/metadata/v0/statistics.ts";
import { readStatistics } from "millrace/data-validation";
import { statisticsGenDeclaration } from "millrace/pipeline";
import { testExecution, testInput } from "millrace/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeExamples } from "./describe-examples.ts";

const goldens = join(import.meta.dirname, "../../tests/goldens/penguins");
const splits = '["train","eval"]';

/** Statistics without means and standard deviations, which TFDV sums in another order. */
function withoutMoments(file: string): unknown {
  const text = JSON.stringify(
    DatasetFeatureStatisticsList.toJSON(DatasetFeatureStatisticsList.decode(readFileSync(file))),
  );
  return JSON.parse(text, (key, value: unknown) => (key === "mean" || key === "stdDev" ? undefined : value));
}

describe("StatisticsGen", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-statistics-gen-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function execute(parameters: Readonly<Record<string, unknown>> = {}, schemaPath?: string) {
    const { context, outputs } = testExecution(statisticsGenDeclaration, {
      directory: mkdtempSync(join(folder, "execution-")),
      inputs: {
        examples: testInput("Examples", join(goldens, "examples"), { split_names: splits, span: "12" }),
        schema: schemaPath === undefined ? undefined : testInput("Schema", schemaPath),
      },
      parameters,
    });
    return { result: await describeExamples(context), output: outputs.statistics };
  }

  it("writes the statistics of TFX's own examples of the penguins, equal to TFX's but for sums", async () => {
    const { result, output } = await execute();
    expect(result).toEqual({ metrics: { num_examples: 344, num_features: 7 } });
    expect(output.properties).toEqual({ split_names: splits, span: "12" });
    for (const split of ["train", "eval"]) {
      const file = join(`Split-${split}`, "FeatureStats.pb");
      expect(withoutMoments(join(output.path, file))).toEqual(withoutMoments(join(goldens, "statistics", file)));
    }
  });

  it("writes the same bytes in another execution", async () => {
    const [first, second] = [(await execute()).output.path, (await execute()).output.path];
    const file = "Split-train/FeatureStats.pb";
    expect(readFileSync(join(first, file))).toEqual(readFileSync(join(second, file)));
  });

  it("leaves out splits that are excluded", async () => {
    const { output, result } = await execute({ excludeSplits: ["eval"] });
    expect(output.properties["split_names"]).toBe('["train"]');
    expect(result.metrics).toMatchObject({ num_examples: 236 });
    await expect(readStatistics(output.path, "eval")).rejects.toMatchObject({ code: "no-such-split" });
  });

  it.each([
    [["test"], "no-such-split"],
    [["train", "eval"], "no-splits"],
  ])("refuses to exclude %j", async (excludeSplits, code) => {
    await expect(execute({ excludeSplits })).rejects.toMatchObject({ code, place: { field: "excludeSplits" } });
  });

  it("counts integers as strings where the schema calls them categorical", async () => {
    const text = 'feature { name: "flipper_length_mm" type: INT int_domain { is_categorical: true } }';
    writeFileSync(join(folder, "schema.pbtxt"), text);
    const { output } = await execute({}, folder);
    const { features } = await readStatistics(output.path, "train");
    const flipper = features.find(
      ({ fieldId }) => fieldId?.$case === "path" && fieldId.value.step[0] === "flipper_length_mm",
    );
    expect(flipper).toMatchObject({ type: FeatureNameStatistics_Type.INT, stats: { $case: "stringStats" } });
  });
});
