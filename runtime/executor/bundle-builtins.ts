import { readFileSync } from "node:fs";
import type { Metafile } from "esbuild";
import { Terminal, type SourcePlace } from "../model/mod.ts";
import { packageNamespace } from "./bundle-files.ts";

/** Node's modules that a user function may use: they compute, and reach nothing outside. */
const allowedBuiltins = new Set(["assert", "buffer", "path", "string_decoder", "url", "util"]);

/**
 * Refuses what a bundle still imports and can't have in the sandbox. Looks at the finished bundle, so that a module
 * that tree shaking left out may import what it likes.
 * @throws {Terminal} `import-refused` naming the file, line and column of the import.
 */
export function assertBuiltinsAllowed(metafile: Metafile, baseDir: string): void {
  for (const output of Object.values(metafile.outputs)) {
    const refused = output.imports.find(({ path, external }) => external === true && !isAllowed(path));
    if (refused !== undefined) throw refusal(refused.path, Object.keys(output.inputs), metafile, baseDir);
  }
}

function isAllowed(specifier: string): boolean {
  return allowedBuiltins.has(specifier.replace(/^node:/, "").replace(/\/.*$/, ""));
}

function refusal(specifier: string, modules: readonly string[], metafile: Metafile, baseDir: string): Terminal {
  const importer = modules.find((module) => metafile.inputs[module]?.imports.some(({ path }) => path === specifier));
  const place = importer === undefined ? {} : placeOf(importer, specifier, baseDir);
  const where = place.line === undefined ? (importer ?? "the bundle") : `${place.file}:${place.line}:${place.column}`;
  const message =
    `Cannot bundle an import of ${JSON.stringify(specifier)} at ${where}: a user function runs without files, network, ` +
    `processes or addons. It may import ${[...allowedBuiltins].map((name) => `node:${name}`).join(", ")}, ` +
    `the author's own modules and packages of plain JavaScript`;
  return new Terminal("import-refused", message, place);
}

/** Where a module of the author's imports a specifier; lines and columns from 1. */
function placeOf(importer: string, specifier: string, baseDir: string): SourcePlace {
  if (importer.startsWith(`${packageNamespace}:`)) return { file: importer };
  const lines = readFileSync(`${baseDir}/${importer}`, "utf8").split("\n");
  for (const [index, line] of lines.entries()) {
    const column = ["'", '"', "`"].map((quote) => line.indexOf(quote + specifier + quote)).find((at) => at !== -1);
    if (column !== undefined) return { file: importer, line: index + 1, column: column + 1 };
  }
  return { file: importer };
}
