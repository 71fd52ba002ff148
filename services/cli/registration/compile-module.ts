import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type ArtifactStore, commitFiles } from "millrace/artifacts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { bundleUserFunction, codeArtifactType, stopBundler } from "millrace/executor";
import { newEventId } from "millrace/log";
import { type MillraceError, Terminal, toMillraceError } from "millrace/model";
import { type CodeUse, codeUses, compile, isPipeline, type Pipeline } from "millrace/pipeline";

/**
 * Loads a pipeline's module, bundles its user functions into the store and compiles it.
 * @param file Absolute path of the module; its default export is the pipeline.
 * @throws {Terminal} what bundling and compiling refuse, naming node and file; `bad-pipeline-module`.
 */
export async function compileModule(file: string, store: ArtifactStore): Promise<Plan> {
  const pipeline = await loadPipeline(file);
  const uses = codeUses(pipeline);
  try {
    const bundles = await Promise.all(uses.map((use) => bundle(use, file, store)));
    return compile(pipeline, { bundleOf: (use) => bundles[uses.findIndex((other) => same(use, other))] ?? "" });
  } finally {
    if (uses.length > 0) await stopBundler();
  }
}

/** Loads a pipeline's module. @throws {Terminal} `bad-pipeline-module`. */
export async function loadPipeline(file: string): Promise<Pipeline> {
  if (!existsSync(file)) {
    throw new Terminal("bad-pipeline-module", `Cannot register ${file}: there is no such file`, { file });
  }
  const module = (await import(pathToFileURL(file).href).catch((thrown: unknown) => {
    throw loadError(file, thrown);
  })) as { readonly default?: unknown };
  if (isPipeline(module.default)) return module.default;
  const message = `Cannot register ${file}: its default export must be pipeline(…), and is ${typeof module.default}`;
  throw new Terminal("bad-pipeline-module", message, { file });
}

/** What the library says about the pipeline stays as it is; anything else names the file. */
function loadError(file: string, thrown: unknown): MillraceError {
  const error = toMillraceError(thrown);
  if (error.code !== "internal") return error;
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return new Terminal("bad-pipeline-module", `Cannot load ${file}: ${error.message}`, {
    file,
    cause: thrown,
    ...(stack === undefined ? {} : { detail: stack }),
  });
}

async function bundle(use: CodeUse, file: string, store: ArtifactStore): Promise<string> {
  const baseDir = projectOf(file);
  const entryFile = relative(baseDir, resolve(dirname(file), use.module));
  try {
    const files = await bundleUserFunction({ entryFile, exportName: use.exportName, baseDir });
    return (await commitFiles(store, newEventId(), files, { type: codeArtifactType })).digest;
  } catch (thrown) {
    const { code, message, place } = toMillraceError(thrown);
    throw new Terminal(code, `Node "${use.node}", ${use.parameter}: ${message}`, { ...place, cause: thrown });
  }
}

function same(a: CodeUse, b: CodeUse): boolean {
  return a.node === b.node && a.parameter === b.parameter;
}

/** The nearest directory upwards that has a package.json, else the file's own. */
function projectOf(file: string): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (existsSync(join(directory, "package.json"))) return directory;
    if (dirname(directory) === directory) return dirname(file);
  }
}
