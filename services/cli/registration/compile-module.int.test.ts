import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { DirectoryStore } from "millrace/artifacts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const penguins = fileURLToPath(new URL("../../../examples/penguins/", import.meta.url));
let project: string;
let store: DirectoryStore;

// Inside the checkout, where the library is found.
beforeEach(() => {
  project = mkdtempSync(join(penguins, "../.compile-"));
  cpSync(penguins, project, { recursive: true, filter: (path) => !path.includes("node_modules") });
  store = new DirectoryStore(join(project, "store"));
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

function edit(file: string, from: string, into: string): void {
  const before = readFileSync(join(project, file), "utf8");
  expect(before).toContain(from);
  writeFileSync(join(project, file), before.replace(from, into));
}

interface Compiled {
  readonly digest: string;
  readonly code: readonly { readonly parameter: string; readonly module: string; readonly digest: string }[];
}

/** Compiles in a Node of its own: vitest rewrites the paths of imports. */
async function compileIn(directory: string): Promise<Compiled> {
  const fixture = fileURLToPath(new URL("./fixtures/compile.ts", import.meta.url));
  const options = ["--conditions=millrace-source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...options, fixture, join(directory, "pipeline.ts"), store.root]);
  const [said, refused] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (refused !== "") throw new Error(refused);
  return JSON.parse(said) as Compiled;
}

async function digestsByFunction(): Promise<Record<string, string>> {
  const { code } = await compileIn(project);
  return Object.fromEntries(code.map(({ parameter, digest }) => [parameter, digest]));
}

describe("compileModule()", () => {
  it("puts each user function's bundle into the store and its digest into the plan", async () => {
    const { code } = await compileIn(project);
    expect(code.map(({ parameter, module }) => [parameter, module])).toEqual([
      ["preprocessing", expect.stringMatching(/preprocessing\.ts$/)],
      ["model", expect.stringMatching(/model\.ts$/)],
    ]);
    expect(await Promise.all(code.map(({ digest }) => store.has(digest)))).toEqual([true, true]);
  });

  it("gives the same plan wherever the project lies", async () => {
    expect((await compileIn(project)).digest).toBe((await compileIn(penguins)).digest);
  });

  it("changes no other node's code when one function is edited", async () => {
    const before = await digestsByFunction();
    edit("model.ts", "units: 16", "units: 12");
    const after = await digestsByFunction();
    expect(after["preprocessing"]).toBe(before["preprocessing"]);
    expect(after["model"]).not.toBe(before["model"]);
  });

  it.each([
    [
      "a module that isn't there",
      "./model.ts",
      "./models.ts",
      /Node "model", model: Cannot bundle models\.ts as it must be a file/,
    ],
    [
      "an export that isn't there",
      '"./model.ts")',
      '"./preprocessing.ts")',
      /Node "model", model: .*preprocessing\.ts.*it exports preprocessing/,
    ],
    [
      "a node placed twice under one name",
      "schemaGen({ statistics })",
      'schemaGen({ statistics, name: "examples" })',
      /"examples" names both example-gen and schema-gen/,
    ],
    [
      "wrong wiring",
      "evaluator({\n    examples,",
      "evaluator({\n    examples: schema as never,",
      /node "evaluation" \(evaluator\): input "examples" wants Examples, but gets Schema from node "schema"/,
    ],
    ["a bad parameter", "epochs: 30", "epochs: 0.5", /node "model" \(trainer\): parameter "epochs"/],
    [
      "an import that isn't there",
      'from "millrace/pipeline"',
      'from "millrace/pipelines"',
      /Cannot load .*pipeline\.ts: .*'\.\/pipelines' is not defined by "exports"/,
    ],
    [
      "another default export",
      "export default pipeline(",
      "export default () => pipeline(",
      /its default export must be pipeline\(…\), and is function/,
    ],
  ])("refuses %s, naming node and file", async (_what, from, into, message) => {
    edit("pipeline.ts", from, into);
    await expect(compileIn(project)).rejects.toThrow(message);
  });

  it("refuses a function that cannot be parsed, naming its line and column", async () => {
    edit("model.ts", "const inputs =", "const inputs = =");
    await expect(compileIn(project)).rejects.toThrow(/Node "model", model: .*model\.ts:5:18/);
  });
});
