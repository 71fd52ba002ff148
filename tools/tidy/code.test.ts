import { readdirSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { manifests, textOf, trackedFiles } from "./repository.ts";

const linesMax = 400;
const generated = /^runtime\/contracts\//;

/** The folder of the library that a path is in. */
function folderOf(path: string): string | undefined {
  return path.split("/")[1];
}

describe("the code", () => {
  it("has no file of more lines than can be overseen", () => {
    const long = trackedFiles(/\.(ts|js|mjs)$/)
      .filter(({ path }) => !generated.test(path))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
      .filter(({ lines }) => lines > linesMax);
    expect(long).toEqual([]);
  });

  it("enters every folder of the library by its mod.ts, which is a subpath of the package", () => {
    const library = fileURLToPath(new URL("../../runtime", import.meta.url));
    const folders = readdirSync(library, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !["contracts", "dist", "node_modules"].includes(entry.name))
      .map(({ name }) => name);
    const { exports = {} } = manifests().get("runtime/package.json") ?? {};
    for (const folder of folders)
      expect(exports[`./${folder}`], folder).toMatchObject({
        "millrace-source": `./${folder}/mod.ts`,
        types: `./dist/${folder}/mod.d.ts`,
        default: `./dist/${folder}/mod.js`,
      });
  });

  it("enters another folder of the library by a mod.ts alone", () => {
    const inside = trackedFiles(/^runtime\/.*\.ts$/)
      .filter(({ path }) => !/\.test\.ts$|^runtime\/(contracts|testing)\//.test(path))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/(?:from|import\() ?"(?<target>\.[^"]+)"/g)].map(({ groups }) => ({
          path,
          target: posix.join(posix.dirname(path), groups?.["target"] ?? ""),
        })),
      )
      .filter(({ path, target }) => folderOf(path) !== folderOf(target) && folderOf(target) !== "contracts")
      .filter(({ target }) => posix.basename(target) !== "mod.ts");
    expect(inside).toEqual([]);
  });

  it("names no place of one machine", () => {
    const homes = ["root", "work", "home", "Users"].map((name) => `/${name}/`).join("|");
    const place = new RegExp(`(?:file://|(?<![\\w./:\\]}*-]))(?:${homes})[\\w.-]+`);
    const naming = trackedFiles(/\.(ts|js|mjs|json|md|proto|ya?ml|csv)$/)
      .filter(({ path }) => !path.startsWith("tests/goldens/"))
      .flatMap(({ path, text }) => (place.test(text) ? [`${path}: ${place.exec(text)?.[0]}`] : []));
    expect(naming).toEqual([]);
  });

  it("has no folder or file that is named after nothing", () => {
    const nameless = trackedFiles(/(^|\/)(utils?|helpers?|common|misc)(\.[a-z]+|\/)/).map(({ path }) => path);
    expect(nameless).toEqual([]);
  });

  it("names its files in kebab-case", () => {
    const others = trackedFiles(/\.ts$/).filter(({ path }) => !/^[a-z0-9/-]+(\.[a-z]+)*\.ts$/.test(path));
    expect(others.filter(({ path }) => !generated.test(path)).map(({ path }) => path)).toEqual([]);
  });
});

describe("the packages", () => {
  it("pin exact versions", () => {
    for (const [path, { dependencies, devDependencies }] of manifests())
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
        expect(version, `${name} in ${path}`).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("say what they are and under which licence", () => {
    for (const [path, { license, description = "", private: kept }] of manifests()) {
      expect(license, path).toBe("Apache-2.0");
      if (kept !== true) expect(description, path).not.toBe("");
    }
  });

  it("agree on the version of what several of them use", () => {
    const versions = new Map<string, Set<string>>();
    for (const { dependencies, devDependencies } of manifests().values())
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
        versions.set(name, (versions.get(name) ?? new Set()).add(version));
    expect([...versions].filter(([, used]) => used.size > 1)).toEqual([]);
  });

  it("are locked without naming a registry", () => {
    expect(textOf("package-lock.json")).not.toMatch(/"resolved": "https?:/);
  });
});
