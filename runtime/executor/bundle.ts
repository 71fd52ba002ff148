import { existsSync, realpathSync } from "node:fs";
import { basename, extname, relative, resolve, sep } from "node:path";
import type { BuildFailure, BuildResult, Metafile } from "esbuild";
import { Terminal } from "../model/mod.ts";
import { assertBuiltinsAllowed } from "./bundle-builtins.ts";
import { bundleModule, bundleSourceMap } from "./bundle-files.ts";
import { bundleResolver } from "./bundle-resolver.ts";

export interface BundleOptions {
  /** The author's module. */
  readonly entryFile: string;
  /** Its export that is the user function. */
  readonly exportName: string;
  /** Directory that source places are told relative to: the project's. The module must lie below it. */
  readonly baseDir: string;
}

/** A bundle's files, by path below its artifact's root. */
export type BundleFiles = Readonly<Record<typeof bundleModule | typeof bundleSourceMap, string>>;

/**
 * Bundles one user function with everything it imports into one ES module and its source map.
 * The bytes depend on nothing but the sources: other exports of the module and what only they import are left out, no
 * path of the machine is in them, sources are relative to `baseDir` or `package:<name>/…`. TypeScript settings of the
 * author's tsconfig have no say.
 *
 * @throws {Terminal} `bundle-failed` naming file, line and column; `missing-export`; `module-missing`; `import-refused`.
 */
export async function bundleUserFunction(options: BundleOptions): Promise<BundleFiles> {
  const entryFile = entryOf(options);
  const baseDir = realpathSync(options.baseDir);
  const result = await build(entryFile, options.exportName, baseDir);
  assertBuiltinsAllowed(result.metafile, baseDir);
  return { [bundleModule]: textOf(result, bundleModule), [bundleSourceMap]: textOf(result, bundleSourceMap) };
}

/** Ends esbuild's service process, if one was started; the next bundle starts another. */
export async function stopBundler(): Promise<void> {
  await (await import("esbuild")).stop();
}

function entryOf({ entryFile, baseDir }: BundleOptions): string {
  const path = resolve(baseDir, entryFile);
  if (!existsSync(path)) {
    throw new Terminal("module-missing", `Cannot bundle ${entryFile} as it must be a file: there is none`, {
      file: entryFile,
    });
  }
  const real = realpathSync(path);
  if (relative(realpathSync(baseDir), real).split(sep)[0] !== "..") return real;
  const message = `Cannot bundle ${entryFile} as it must lie below ${basename(baseDir)}: it is outside`;
  throw new Terminal("module-missing", message, { file: entryFile });
}

/** What is bundled: an entry that names the one export, so that tree shaking leaves out the others. */
function entrySource(entryFile: string, exportName: string): string {
  return `export { ${JSON.stringify(exportName)} } from ${JSON.stringify(`./${basename(entryFile)}`)};`;
}

async function build(entryFile: string, exportName: string, baseDir: string): Promise<Output> {
  // Loaded here: agents and executors import this folder and never bundle.
  const esbuild = await import("esbuild");
  try {
    return await esbuild.build({
      stdin: {
        contents: entrySource(entryFile, exportName),
        resolveDir: resolve(entryFile, ".."),
        sourcefile: "entry",
      },
      absWorkingDir: baseDir,
      outfile: bundleModule,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "node24",
      sourcemap: "external",
      sourcesContent: false,
      // Without it every module is preceded by a comment with its path.
      minifyWhitespace: true,
      legalComments: "none",
      charset: "utf8",
      treeShaking: true,
      tsconfigRaw: { compilerOptions: { target: "ESNext", useDefineForClassFields: true } },
      conditions: import.meta.filename.endsWith(".ts") ? ["millrace-source"] : [],
      logLevel: "silent",
      plugins: [bundleResolver(baseDir)],
    });
  } catch (error) {
    throw await buildError(error, entryFile, exportName, baseDir);
  }
}

type Output = BuildResult<{ readonly metafile: true; readonly write: false }> & { readonly metafile: Metafile };

function textOf(result: Output, file: string): string {
  return result.outputFiles.find(({ path }) => basename(path) === file)?.text ?? "";
}

async function buildError(error: unknown, entryFile: string, exportName: string, baseDir: string): Promise<Terminal> {
  const file = relative(baseDir, entryFile);
  const [first] = (error as Partial<BuildFailure>).errors ?? [];
  if (first === undefined)
    return new Terminal("bundle-failed", `Cannot bundle ${file}: ${String(error)}`, { file, cause: error });
  if (first.text.startsWith("No matching export") && first.location?.file === "entry") {
    return missingExport(file, exportName, await exportsOf(entryFile, baseDir));
  }
  const place = first.location
    ? { file: first.location.file, line: first.location.line, column: first.location.column + 1 }
    : { file };
  const where = first.location ? `${place.file}:${place.line}:${place.column}` : file;
  return new Terminal("bundle-failed", `Cannot bundle ${exportName} of ${file}: ${first.text}, at ${where}`, place);
}

function missingExport(file: string, exportName: string, there: readonly string[]): Terminal {
  const exports = there.length === 0 ? "it exports nothing" : `it exports ${there.join(", ")}`;
  const message = `Cannot bundle ${exportName} of ${file} as the module must export it: ${exports}. Export the function, or name another export`;
  return new Terminal("missing-export", message, { file, field: exportName });
}

async function exportsOf(entryFile: string, baseDir: string): Promise<readonly string[]> {
  const { build: compile } = await import("esbuild");
  const { metafile } = await compile({
    entryPoints: [entryFile],
    absWorkingDir: baseDir,
    outdir: extname(entryFile),
    write: false,
    metafile: true,
    format: "esm",
    logLevel: "silent",
  });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}
