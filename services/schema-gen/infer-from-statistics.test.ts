import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { schemaGenDeclaration } from "millrace/pipeline";
import { testExecution, testInput } from "millrace/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaGen } from "./component.ts";

const goldens = join(import.meta.dirname, "../../tests/goldens/penguins");

describe("SchemaGen", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-schema-gen-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  async function execute(splits: string, parameters: Readonly<Record<string, unknown>> = {}) {
    const statistics = testInput("ExampleStatistics", join(goldens, "statistics"), { split_names: splits });
    const directory = mkdtempSync(join(folder, "execution-"));
    const { context, outputs } = testExecution(schemaGenDeclaration, { directory, inputs: { statistics }, parameters });
    const result = await schemaGen.execute(context);
    return { result, schema: readFileSync(join(outputs.schema.path, "schema.pbtxt"), "utf8") };
  }

  it("writes the schema that TFX wrote, byte by byte", async () => {
    const { result, schema } = await execute('["train","eval"]');
    expect(schema).toBe(readFileSync(join(goldens, "schema.pbtxt"), "utf8"));
    expect(result).toEqual({ metrics: { num_features: 7, num_string_domains: 3 } });
  });

  it("widens the first split's schema to the others, in their order", async () => {
    const { schema } = await execute('["eval","train"]');
    expect(schema).toContain('name: "sex"\n  value: "."\n  value: "FEMALE"\n  value: "MALE"');
  });

  it("writes limits in place of shapes if told so", async () => {
    const { schema } = await execute('["train","eval"]', { inferFeatureShape: false });
    expect(schema).not.toContain("shape {");
    expect(schema).toContain("value_count {\n    min: 1\n    max: 1\n  }");
  });

  it("names a split that the statistics don't have", async () => {
    await expect(execute('["train","test"]')).rejects.toMatchObject({
      code: "no-such-split",
      place: { field: "test" },
    });
  });
});
