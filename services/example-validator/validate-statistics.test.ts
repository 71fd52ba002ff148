import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anomalies } from "millrace/contracts/tensorflow/metadata/v0/anomalies.ts";
import { DatasetFeatureStatisticsList } from "millrace/contracts/tensorflow/metadata/v0/statistics.ts";
import { readAnomalies } from "millrace/data-validation";
import { exampleValidatorDeclaration } from "millrace/pipeline";
import { testExecution, testInput } from "millrace/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleValidator } from "./component.ts";

const goldens = join(import.meta.dirname, "../../tests/goldens/penguins");

describe("ExampleValidator", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-example-validator-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** A directory with one file at a path. */
  function artifactWith(path: string, content: Uint8Array): string {
    const directory = mkdtempSync(join(folder, "artifact-"));
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), content);
    return directory;
  }

  async function execute(
    statisticsPath: string,
    schemaPath: string,
    parameters: Readonly<Record<string, unknown>> = {},
  ) {
    const { context, outputs } = testExecution(exampleValidatorDeclaration, {
      directory: mkdtempSync(join(folder, "execution-")),
      inputs: { statistics: testInput("ExampleStatistics", statisticsPath), schema: testInput("Schema", schemaPath) },
      parameters,
    });
    return { result: await exampleValidator.execute(context), output: outputs.anomalies };
  }

  const withFloatDomain = () =>
    artifactWith("schema.pbtxt", readFileSync(join(goldens, "schema_with_float_domain.pbtxt")));
  const corrupted = () => {
    const bytes = readFileSync(join(goldens, "anomalies_corrupted/FeatureStats.pb"));
    return artifactWith("Split-eval/FeatureStats.pb", bytes);
  };

  it("blesses the splits of the penguins", async () => {
    const { result, output } = await execute(join(goldens, "statistics"), goldens);
    expect(output.properties).toEqual({ split_names: '["eval","train"]', blessed: '{"eval":1,"train":1}' });
    expect(result).toEqual({ metrics: { errors: 0, warnings: 0 }, note: "No anomalies in eval, train" });
    for (const split of ["eval", "train"]) {
      const file = join(`Split-${split}`, "SchemaDiff.pb");
      const [written, golden] = [join(output.path, file), join(goldens, "anomalies_clean", file)].map((path) =>
        Anomalies.toJSON(Anomalies.decode(readFileSync(path))),
      );
      expect(written).toEqual(golden);
    }
  });

  it("writes the anomalies that TFDV found in corrupted examples, and names the first", async () => {
    const { result, output } = await execute(corrupted(), withFloatDomain());
    const [written, golden] = [
      join(output.path, "Split-eval/SchemaDiff.pb"),
      join(goldens, "anomalies_corrupted/SchemaDiff.pb"),
    ].map((path) => Anomalies.toJSON(Anomalies.decode(readFileSync(path))));
    expect(written).toEqual(golden);
    expect(output.properties["blessed"]).toBe('{"eval":0}');
    expect(result).toEqual({
      metrics: { errors: 5, warnings: 0 },
      note:
        "5 anomalies: body_mass_g (eval): Expected data of type: INT but got STRING; " +
        "brand_new_column (eval): New column (column in data but not in schema); " +
        "culmen_length_mm (eval): Unexpectedly high value: 999>100(upto six significant digits); and 2 more",
    });
  });

  it("writes what others can read with severity and feature", async () => {
    const { output } = await execute(corrupted(), withFloatDomain());
    const [split] = await readAnomalies(output.path);
    expect(split).toMatchObject({ split: "eval", dataMissing: false });
    expect(split?.found.map(({ feature, severity }) => [feature, severity])).toEqual([
      ["body_mass_g", "error"],
      ["brand_new_column", "error"],
      ["culmen_length_mm", "error"],
      ["island", "error"],
      ["sex", "error"],
    ]);
  });

  it("counts a split without examples as an error", async () => {
    const list = DatasetFeatureStatisticsList.encode({
      datasets: [{ name: "", numExamples: 0n, weightedNumExamples: 0, features: [] }],
    });
    const { result, output } = await execute(artifactWith("Split-eval/FeatureStats.pb", list.finish()), goldens);
    expect(result).toEqual({ metrics: { errors: 1, warnings: 0 }, note: "1 anomaly: eval: no examples" });
    expect(output.properties["blessed"]).toBe('{"eval":0}');
  });

  it("leaves out splits that are excluded", async () => {
    const { output } = await execute(join(goldens, "statistics"), goldens, { excludeSplits: ["train"] });
    expect(output.properties["blessed"]).toBe('{"eval":1}');
  });

  it("names line and column of a schema that is no schema", async () => {
    const schema = artifactWith("schema.pbtxt", Buffer.from("feature {\n  nam: 1\n}"));
    const failure = { code: "malformed-text-proto", place: { file: join(schema, "schema.pbtxt"), line: 2, column: 3 } };
    await expect(execute(join(goldens, "statistics"), schema)).rejects.toMatchObject(failure);
  });

  it("names a file that holds no statistics", async () => {
    const statistics = artifactWith("Split-eval/FeatureStats.pb", Buffer.from([0xff, 0xff, 0xff]));
    await expect(execute(statistics, goldens)).rejects.toMatchObject({ code: "malformed-file" });
  });

  it("writes the same bytes in another execution", async () => {
    const statistics = corrupted();
    const copy = mkdtempSync(join(folder, "copy-"));
    cpSync(statistics, copy, { recursive: true });
    const outputs = [await execute(statistics, withFloatDomain()), await execute(copy, withFloatDomain())];
    const [first, second] = outputs.map(({ output }) => readFileSync(join(output.path, "Split-eval/SchemaDiff.pb")));
    expect(first).toEqual(second);
  });
});
