import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundleUserFunction, stopBundler } from "./bundle.ts";

const runtimeDirectory = dirname(import.meta.dirname);

const project = {
  "preprocessing.ts": `import { mean } from "./lib/mean.ts";
import { trainerDeclaration } from "millrace/pipeline";
import shout from "shouter";
interface Row { readonly mass: readonly number[] }
export const preprocessing = (row: Row): string => shout(trainerDeclaration.name) + mean(row.mass);
export const unrelated = () => "something else";
`,
  "lib/mean.ts": "export const mean = (n: readonly number[]) => n.reduce((a, b) => a + b, 0) / n.length;\n",
};

const shouter = {
  "package.json": '{ "name": "shouter", "version": "1.0.0", "main": "index.cjs" }',
  "index.cjs": "module.exports = (text) => text.toUpperCase();\n",
};

function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(`${directory}/${path}`), { recursive: true });
    writeFileSync(`${directory}/${path}`, content);
  }
}

/** A project in a directory, with its packages in it or in a directory above. */
function writeProject(directory: string, packagesAt: string, files: Readonly<Record<string, string>> = project): void {
  write(directory, files);
  write(`${packagesAt}/node_modules/shouter`, shouter);
  symlinkSync(runtimeDirectory, `${packagesAt}/node_modules/millrace`);
}

const bundle = (baseDir: string, exportName = "preprocessing", entryFile = "./preprocessing.ts") =>
  bundleUserFunction({ entryFile, exportName, baseDir });

describe("bundleUserFunction()", () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(`${tmpdir()}/millrace-bundle-`));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  afterAll(stopBundler);

  it("gives the same bytes in another directory with packages in another place", async () => {
    writeProject(`${root}/one`, `${root}/one`);
    writeProject(`${root}/two/deep/project`, `${root}/two`);
    expect(await bundle(`${root}/one`)).toEqual(await bundle(`${root}/two/deep/project`));
  });

  it("names sources by project or package, and has no path of the machine", async () => {
    writeProject(`${root}/one`, `${root}/one`);
    const files = await bundle(`${root}/one`);
    const { sources } = JSON.parse(files["index.mjs.map"]) as { sources: readonly string[] };
    expect(sources).toEqual(
      expect.arrayContaining(["preprocessing.ts", "lib/mean.ts", "package:shouter/index.cjs"]) as string[],
    );
    expect(sources.some((source) => source.startsWith("package:millrace/pipeline/"))).toBe(true);
    expect(Object.values(files).join("\n")).not.toContain(root);
    expect(Object.values(files).join("\n")).not.toContain(runtimeDirectory);
  });

  it("leaves out other functions of the module and what only they import", async () => {
    writeProject(root, root, {
      "preprocessing.ts": `import { readFileSync } from "node:fs";
export const preprocessing = () => 1;
export const report = () => readFileSync("/etc/hostname", "utf8");
`,
    });
    const files = await bundle(root);
    expect(files["index.mjs"]).not.toContain("readFileSync");
  });

  it("keeps its bytes when another function of another module changes", async () => {
    writeProject(root, root);
    const before = await bundle(root);
    write(root, { "model.ts": "export const model = () => 2;\n" });
    expect(await bundle(root)).toEqual(before);
  });

  it("isn't swayed by the author's tsconfig", async () => {
    writeProject(root, root);
    const before = await bundle(root);
    write(root, { "tsconfig.json": '{ "compilerOptions": { "target": "ES5", "useDefineForClassFields": false } }' });
    expect(await bundle(root)).toEqual(before);
  });

  it("names file, line and column of a syntax error", async () => {
    write(root, { "preprocessing.ts": "export const preprocessing = () => {\n  return 1 +;\n};\n" });
    await expect(bundle(root)).rejects.toMatchObject({
      code: "bundle-failed",
      place: { file: "preprocessing.ts", line: 2, column: 13 },
    });
  });

  it("names file, line and column of an import that isn't there", async () => {
    write(root, { "preprocessing.ts": '\nimport { x } from "./absent.ts";\nexport const preprocessing = () => x;\n' });
    await expect(bundle(root)).rejects.toMatchObject({
      code: "bundle-failed",
      place: { file: "preprocessing.ts", line: 2, column: 19 },
      message: expect.stringContaining("./absent.ts") as string,
    });
  });

  it("lists what a module exports when the function isn't among it", async () => {
    write(root, { "preprocessing.ts": "export const one = 1;\nexport const two = 2;\n" });
    await expect(bundle(root)).rejects.toMatchObject({
      code: "missing-export",
      message: expect.stringContaining("it exports one, two") as string,
    });
  });

  it.each([
    ["a module that isn't there", "./absent.ts"],
    ["a module outside of the project", "../outside.ts"],
  ])("refuses %s", async (_what, entryFile) => {
    write(root, { "outside.ts": "export const preprocessing = 1;\n" });
    mkdirSync(`${root}/project`);
    await expect(bundle(`${root}/project`, "preprocessing", entryFile)).rejects.toMatchObject({
      code: "module-missing",
    });
  });

  it.each(["node:fs", "fs/promises", "node:child_process", "http"])("refuses %s and says where", async (builtin) => {
    const importing = `import * as it from "${builtin}";`;
    write(root, { "lib/helper.ts": `\n${importing}\nexport const helper = () => Object.keys(it);\n` });
    write(root, {
      "preprocessing.ts": 'import { helper } from "./lib/helper.ts";\nexport const preprocessing = () => helper();\n',
    });
    await expect(bundle(root)).rejects.toMatchObject({
      code: "import-refused",
      place: { file: "lib/helper.ts", line: 2, column: 21 },
    });
  });

  it("takes the builtins that only compute", async () => {
    write(root, {
      "preprocessing.ts": 'import { inspect } from "node:util";\nexport const preprocessing = () => inspect(1);\n',
    });
    expect((await bundle(root))["index.mjs"]).toContain('from"node:util"');
  });
});
