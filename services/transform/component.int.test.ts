import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Engine, openEngine, openExamples, writeSplit } from "millrace/engine";
import { bundleUserFunction, sandboxedFunction, stopBundler } from "millrace/executor";
import { transformDeclaration } from "millrace/pipeline";
import { testExecution, testInput } from "millrace/testing";
import { applyTransform, loadTransformGraph } from "millrace/transform";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { transform } from "./component.ts";

const penguins = join(import.meta.dirname, "../../tests/goldens/penguins");

interface Case {
  readonly function?: string;
  readonly examples?: string;
  readonly analyze?: readonly string[];
}

describe("the transform component", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "millrace-transform-service-"));
  });
  afterAll(async () => {
    await stopBundler();
    rmSync(folder, { recursive: true });
  });

  async function execute(given: Case = {}) {
    const directory = mkdtempSync(join(folder, "execution-"));
    const execution = testExecution(transformDeclaration, {
      directory,
      inputs: {
        examples: testInput("Examples", given.examples ?? join(penguins, "examples"), {
          split_names: '["train","eval"]',
          span: "12",
        }),
        schema: testInput("Schema", penguins),
      },
      parameters: given.analyze === undefined ? {} : { analyze: given.analyze },
      functions: { preprocessing: await userFunction(directory, given.function ?? "preprocessing") },
    });
    const result = await transform.execute(execution.context);
    return { outputs: execution.outputs, result };
  }

  it("writes the graph with its vocabularies and schema, and all splits", async () => {
    const { outputs, result } = await execute();
    expect(filesBelow(outputs.graph.path)).toEqual([
      "transform_fn/assets/island",
      "transform_fn/assets/species",
      "transform_graph.json",
      "transformed_metadata/schema.pbtxt",
    ]);
    expect(filesBelow(outputs.examples.path)).toEqual([
      "Split-eval/data_parquet-00000-of-00001.parquet",
      "Split-train/data_parquet-00000-of-00001.parquet",
    ]);
    expect(outputs.examples.properties).toMatchObject({
      split_names: '["train","eval"]',
      span: "12",
      rows: '[["train",236],["eval",108]]',
    });
    expect(result).toMatchObject({ metrics: { features: 4 } });
    expect(readFileSync(join(outputs.graph.path, "transformed_metadata/schema.pbtxt"), "utf8")).toBe(schemaText);
  });

  it("writes examples whose columns are those that the graph describes", async () => {
    const { outputs } = await execute();
    await using engine = await openEngine();
    const examples = await openExamples(engine, outputs.examples.path);
    expect(examples.columns).toEqual([
      { name: "culmen_length", kind: "float", repeated: false },
      { name: "island", kind: "float", repeated: true },
      { name: "mass_bucket", kind: "int", repeated: false },
      { name: "species", kind: "int", repeated: false },
    ]);
    const graph = loadTransformGraph(outputs.graph.path);
    expect(graph.outputs).toMatchObject([
      { name: "culmen_length", kind: "float", shape: [] },
      { name: "island", shape: [3], vocabulary: ["Biscoe", "Dream", "Torgersen"], categories: 3, oneHotDepth: 3 },
      { name: "mass_bucket", kind: "int", shape: [], categories: 4 },
      { name: "species", kind: "int", vocabulary: ["Adelie", "Gentoo", "Chinstrap"], categories: 3 },
    ]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(["body_mass_g", "culmen_length_mm", "island", "species"]);
  });

  it("keeps a graph that gives in process what the examples hold, so that serving sees what training saw", async () => {
    const { outputs } = await execute();
    await using engine = await openEngine();
    const raw = await openExamples(engine, join(penguins, "examples"));
    const batch = await columnsOf(engine, raw.table("eval"));
    const written = await columnsOf(engine, (await openExamples(engine, outputs.examples.path)).table("eval"));
    const applied = applyTransform(loadTransformGraph(outputs.graph.path), batch);
    for (const [name, { data, shape }] of Object.entries(applied)) {
      expect(shape[0]).toBe(108);
      expect(Array.from<unknown>(data)).toEqual(written[name]?.flat().map(asStored(data)));
    }
  });

  it("bundles preprocessing without what passes over data", async () => {
    const files = await bundleUserFunction(bundleEntry("preprocessing"));
    const text = Object.values(files).join("\n");
    expect(text).toContain("zScore");
    expect(text).not.toMatch(/chdb|node:fs|SELECT /);
  });

  it("gives the same bytes twice", async () => {
    const [first, second] = [await execute(), await execute()];
    for (const output of ["graph", "examples"] as const) {
      expect(contentBelow(second.outputs[output].path)).toEqual(contentBelow(first.outputs[output].path));
    }
  });

  it.each([
    ["throwing", "user-code", /RangeError: not today/, { line: 18 }],
    ["misusing", "user-code", /zScore: it takes a number, not column "island" \(string\)/, { line: 23 }],
    ["misspelling", "user-code", /column "sise".*"body_mass_g", "culmen_depth_mm"/, { line: 27 }],
    ["nothing", "no-outputs", /it returned nothing/, {}],
    ["lateName", "no-outputs", /it returned a promise; drop async/, {}],
    ["numbers", "not-an-operation", /Output "one".*it is a number/, { field: "one" }],
    ["badName", "output-name-invalid", /Output "no\/slash"/, { field: "no/slash" }],
  ])("refuses %s with %s, naming the place", async (name, code, message, place) => {
    const failing = execute({ function: name });
    await expect(failing).rejects.toMatchObject({
      class: "terminal",
      code,
      message: expect.stringMatching(message) as string,
      place,
    });
  });

  it("refuses to analyze a split that is not there, naming those that are", async () => {
    const failing = execute({ analyze: ["test"] });
    await expect(failing).rejects.toMatchObject({ code: "no-such-split", place: { field: "test" } });
    await expect(failing).rejects.toThrow(/"train", "eval"/);
  });

  it("refuses to analyze nothing", async () => {
    await expect(execute({ analyze: [] })).rejects.toMatchObject({ code: "empty-split", place: { field: "analyze" } });
  });

  it.each([
    ["an analyzed split without rows", "WHERE false", "empty-split", "train"],
    ["a column without a value", "WHERE culmen_length_mm IS NULL", "all-missing", "culmen_length_mm"],
  ])("refuses %s, naming it", async (_, where, code, field) => {
    const examples = await filtered(where);
    await expect(execute({ examples })).rejects.toMatchObject({ class: "terminal", code, place: { field } });
  });

  it("refuses a column of another type than the schema's, naming both", async () => {
    const examples = await filtered("", "SELECT * REPLACE (toString(body_mass_g) AS body_mass_g)");
    const failing = execute({ examples });
    await expect(failing).rejects.toMatchObject({ code: "schema-mismatch", place: { field: "body_mass_g" } });
    await expect(failing).rejects.toThrow(/must be INT, as in the schema: in the examples it is BYTES/);
  });

  async function filtered(where: string, select = "SELECT *"): Promise<string> {
    const path = mkdtempSync(join(folder, "examples-"));
    await using engine = await openEngine();
    const examples = await openExamples(engine, join(penguins, "examples"));
    for (const split of examples.splits) {
      await writeSplit(engine, path, split, `${select} FROM ${examples.table(split)} ${where}`);
    }
    return path;
  }
});

function bundleEntry(exportName: string) {
  const baseDir = import.meta.dirname;
  return { entryFile: join(baseDir, "fixtures/preprocessing.ts"), exportName, baseDir };
}

async function columnsOf(engine: Engine, table: string): Promise<Record<string, (number | string | null)[]>> {
  const rows = await engine.query<Record<string, number | string | null>>(`SELECT * FROM ${table}`);
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? null)]));
}

/** JSON has a float32 in its shortest text, which is another double. */
function asStored(data: ArrayLike<unknown>): (value: unknown) => unknown {
  return data instanceof Float32Array ? (value) => Math.fround(value as number) : (value) => value;
}

async function userFunction(directory: string, exportName: string) {
  const files = await bundleUserFunction(bundleEntry(exportName));
  const bundle = join(directory, "bundle");
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(bundle, name)), { recursive: true });
    writeFileSync(join(bundle, name), content);
  }
  return sandboxedFunction({ directory: bundle, exportName, digest: "sha256:test" });
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

function contentBelow(directory: string): Record<string, string> {
  return Object.fromEntries(
    filesBelow(directory).map((file) => [file, readFileSync(join(directory, file)).toString("base64")]),
  );
}

const schemaText = `feature {
  name: "culmen_length"
  type: FLOAT
  presence {
    min_fraction: 1.0
  }
  shape {
  }
}
feature {
  name: "island"
  type: FLOAT
  presence {
    min_fraction: 1.0
  }
  shape {
    dim {
      size: 3
    }
  }
}
feature {
  name: "mass_bucket"
  type: INT
  int_domain {
    min: 0
    max: 3
    is_categorical: true
  }
  presence {
    min_fraction: 1.0
  }
  shape {
  }
}
feature {
  name: "species"
  type: INT
  int_domain {
    min: -1
    max: 2
    is_categorical: true
  }
  presence {
    min_fraction: 1.0
  }
  shape {
  }
}
`;
