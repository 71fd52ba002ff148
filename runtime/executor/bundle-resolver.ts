import { readFile, realpath } from "node:fs/promises";
import { builtinModules, findPackageJSON } from "node:module";
import { dirname, extname, isAbsolute, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
import type { Loader, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { packageNamespace } from "./bundle-files.ts";

/** The library itself. */
const ownPackage = "millrace";

/** npm packages that the library's own authoring modules may bring along; its other ones are left out unread. */
const broughtAlong = new Set(["valibot"]);

const loaders: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
  ".json": "json",
};

/**
 * Names modules so that no path of the machine gets into a bundle: the author's files by their path below `baseDir`,
 * everything else by package name and path in the package, wherever npm has put it.
 */
export function bundleResolver(baseDir: string): Plugin {
  return {
    name: "millrace",
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(build, baseDir, args));
      build.onLoad({ filter: /.*/, namespace: packageNamespace }, ({ pluginData }) => load(pluginData as PackageFile));
    },
  };
}

/** A module of a package, as it travels from resolving to loading and on to what it imports. */
interface PackageFile {
  readonly file: string;
  readonly packageName: string;
}

/** Marks the question to esbuild's own resolver, which comes back through this plugin. */
const asked = Symbol("asked");

async function resolveImport(
  build: PluginBuild,
  baseDir: string,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (args.pluginData === asked) return undefined;
  if (builtinModules.includes(args.path.replace(/^node:/, "")))
    return { path: args.path, external: true, sideEffects: false };
  const importer = args.pluginData as PackageFile | undefined;
  if (importer?.packageName === ownPackage && isHeavy(args.path))
    return { path: args.path, external: true, sideEffects: false };

  const { resolveDir, kind, importer: from } = args;
  const found = await build.resolve(args.path, { resolveDir, kind, importer: from, pluginData: asked });
  if (found.errors.length > 0 || found.external) return found;
  const file = await realpath(found.path);
  if (isAuthors(file, baseDir)) return { path: file, sideEffects: found.sideEffects };
  const module = packageFile(file);
  if (module === undefined) return { errors: [{ text: `${args.path} is outside of the project and in no package` }] };
  return {
    path: module.name,
    namespace: packageNamespace,
    // The library's modules do nothing when loaded, so those that only other functions need are left out.
    sideEffects: module.packageName === ownPackage ? false : found.sideEffects,
    pluginData: { file, packageName: module.packageName } satisfies PackageFile,
  };
}

function isHeavy(specifier: string): boolean {
  return !specifier.startsWith(".") && !isAbsolute(specifier) && !broughtAlong.has(specifier);
}

function isAuthors(file: string, baseDir: string): boolean {
  const path = relative(baseDir, file).split(sep);
  return path[0] !== ".." && !isAbsolute(path[0] ?? "") && !path.includes("node_modules");
}

function packageFile(file: string): { readonly name: string; readonly packageName: string } | undefined {
  const manifest = namedManifest(file);
  if (manifest === undefined) return undefined;
  const path = relative(dirname(manifest.path), file).split(sep).join("/");
  return { name: `${manifest.name}/${path}`, packageName: manifest.name };
}

/** The nearest package.json that has a name: a package may hold others that only say `type`. */
function namedManifest(file: string): { readonly path: string; readonly name: string } | undefined {
  const path = findPackageJSON(pathToFileURL(file).href);
  if (path === undefined) return undefined;
  const { name } = JSON.parse(readFileSync(path, "utf8")) as { readonly name?: string };
  return name === undefined ? namedManifest(dirname(path)) : { path, name };
}

async function load(module: PackageFile): Promise<OnLoadResult> {
  return {
    contents: await readFile(module.file),
    loader: loaders[extname(module.file)] ?? "js",
    resolveDir: dirname(module.file),
    pluginData: module,
  };
}
