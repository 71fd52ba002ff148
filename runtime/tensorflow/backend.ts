import { createRequire } from "node:module";
import { Terminal } from "../model/mod.ts";
import { type BackendName, backendEnvironment, backendPackages } from "./backend-environment.ts";
import { registerWasmGradients } from "./wasm-gradients.ts";

/** TensorFlow.js core. */
export type TensorFlow = typeof import("@tensorflow/tfjs-core");

/** TensorFlow.js Layers, the Keras API. */
export type Layers = typeof import("@tensorflow/tfjs-layers");

/** TensorFlow.js on an opened backend. */
export interface Backend {
  readonly tf: TensorFlow;
  readonly layers: Layers;
  readonly name: BackendName;
  /** Version of the backend's package. */
  readonly version: string;
}

let opened: Promise<Backend> | undefined;

/**
 * Opens the best TensorFlow.js backend that is installed: native on a GPU, native, else WebAssembly with the gradient
 * kernels it lacks; never plain `cpu`. One a process: later calls give the same.
 * @throws {Terminal} `no-backend`; `backend-broken`: the package is there and doesn't load, which must not change the
 * backend silently, as cache keys name it.
 */
export function openBackend(): Promise<Backend> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Backend> {
  const { backend: name, versions } = backendEnvironment();
  const { packageName } = backendPackages.find((entry) => entry.name === name)!;
  const [tf, layers] = await Promise.all([import("@tensorflow/tfjs-core"), import("@tensorflow/tfjs-layers")]);
  try {
    await (name === "wasm" ? openWasm(tf) : openNative(tf, packageName));
  } catch (cause) {
    throw new Terminal(
      "backend-broken",
      `Cannot open TensorFlow.js backend ${name} as ${packageName} must load: ${String(cause)}. ` +
        `Reinstall the package, remove it, or choose another backend by MILLRACE_TENSORFLOW.`,
      { cause },
    );
  }
  return { tf, layers, name, version: versions[packageName]! };
}

async function openWasm(tf: TensorFlow): Promise<void> {
  await import("@tensorflow/tfjs-backend-wasm");
  registerWasmGradients(tf);
  await select(tf, "wasm");
}

async function openNative(tf: TensorFlow, packageName: string): Promise<void> {
  const require = createRequire(import.meta.url);
  // tfjs-node 4.22 calls util.is* functions that Node 23 removed or warns of; it shares tfjs-core's global engine.
  const util = require("node:util") as Record<string, unknown>;
  util["isNullOrUndefined"] = (value: unknown) => value === null || value === undefined;
  util["isArray"] = Array.isArray;
  require(packageName);
  await select(tf, "tensorflow");
}

async function select(tf: TensorFlow, backend: string): Promise<void> {
  const chosen = await tf.setBackend(backend);
  await tf.ready();
  if (!chosen || tf.getBackend() !== backend) throw new Error(`backend ${backend} did not start`);
}
