import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Terminal } from "../model/mod.ts";

/** A TensorFlow.js backend that Millrace trains on; plain `cpu` is none of them, as it is hopelessly slow. */
export type BackendName = "tensorflow-gpu" | "tensorflow" | "wasm";

/** Backends in the order of preference, with the package that brings each. */
export const backendPackages: readonly { readonly name: BackendName; readonly packageName: string }[] = [
  { name: "tensorflow-gpu", packageName: "@tensorflow/tfjs-node-gpu" },
  { name: "tensorflow", packageName: "@tensorflow/tfjs-node" },
  { name: "wasm", packageName: "@tensorflow/tfjs-backend-wasm" },
];

/** Packages whose version can change trained bytes on every backend. */
const commonPackages = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"];

/** The backend that `openBackend` opens, and the versions that can change bytes. */
export interface BackendEnvironment {
  readonly backend: BackendName;
  /** Version by package name. */
  readonly versions: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);

/**
 * Tells which backend is installed without loading it; cheap, so that agents put it into cache keys.
 * @param only Considers this backend alone; default: the environment's MILLRACE_TENSORFLOW, else all in order.
 * @throws {Terminal} `no-backend`: none is installed.
 */
export function backendEnvironment(only = process.env["MILLRACE_TENSORFLOW"]): BackendEnvironment {
  const wanted = only ? backendPackages.filter(({ name }) => name === only) : backendPackages;
  for (const { name, packageName } of wanted) {
    const version = installedVersion(packageName);
    if (version !== undefined) return { backend: name, versions: { ...commonVersions(), [packageName]: version } };
  }
  throw new Terminal("no-backend", noBackend(only, wanted.length > 0));
}

function noBackend(only: string | undefined, known: boolean): string {
  const names = backendPackages.map(({ name, packageName }) => `${name} (${packageName})`).join(", ");
  if (!only) return `Cannot open TensorFlow.js as one of ${names} must be installed: none is. Run npm install.`;
  const why = known ? "its package is not installed: run npm install, or unset it" : `it must be one of ${names}`;
  return `Cannot open TensorFlow.js backend ${JSON.stringify(only)}, as MILLRACE_TENSORFLOW asks: ${why}`;
}

function commonVersions(): Record<string, string> {
  return Object.fromEntries(commonPackages.map((name) => [name, installedVersion(name) ?? "none"]));
}

function installedVersion(packageName: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(require.resolve(`${packageName}/package.json`), "utf8")) as {
      version: string;
    };
    return manifest.version;
  } catch {
    return undefined;
  }
}
