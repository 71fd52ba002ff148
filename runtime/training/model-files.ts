import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { canonicalJson, Terminal } from "../model/mod.ts";
import type { Topology } from "./layers/mod.ts";
import { parseSignature, type Signature } from "./signature.ts";

/** The file whose presence says that a model directory is whole: it is written, and must be copied, last. */
export const commitFile = "model.json";

/** Names inside a model directory. */
const files = { weights: "weights.bin", signature: "signature.json", transform: "transform_graph" } as const;

/** One array of weights. */
export interface Weight {
  /** As in the network: `dense_1/kernel`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** An exported model: its network, what it takes and gives, and where its transform is. */
export interface ModelFiles {
  readonly topology: Topology;
  /** In the order of the network's weights. */
  readonly weights: readonly Weight[];
  readonly signature: Signature;
  /** Directory of the TransformGraph artifact's files. */
  readonly transformPath: string;
}

/**
 * Writes a model as TensorFlow.js Layers has it (`model.json`, `weights.bin`), with `signature.json` and a copy of
 * the transform graph beside them; `model.json` last. Equal models give equal bytes.
 */
export async function writeModelFiles(directory: string, model: ModelFiles): Promise<void> {
  await mkdir(directory, { recursive: true });
  await cp(model.transformPath, join(directory, files.transform), { recursive: true });
  await writeFile(join(directory, files.signature), `${canonicalJson(model.signature)}\n`);
  await writeFile(join(directory, files.weights), Buffer.concat(model.weights.map(({ values }) => bytesOf(values))));
  await writeFile(join(directory, commitFile), `${canonicalJson(modelJson(model))}\n`);
}

function modelJson({ topology, weights }: ModelFiles) {
  return {
    format: "layers-model",
    generatedBy: "millrace",
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [
      { paths: [files.weights], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) },
    ],
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const modelJsonSchema = v.object({
  format: v.literal("layers-model"),
  modelTopology: v.record(v.string(), v.unknown()),
  weightsManifest: v.tuple([
    v.object({
      weights: v.array(v.object({ name: v.string(), shape: v.array(v.number()), dtype: v.literal("float32") })),
    }),
  ]),
});

/**
 * Reads a model that `writeModelFiles` wrote.
 * @param directory A version's directory, or a Model artifact's, whose `Format-Serving` is then read.
 * @throws {Terminal} `bad-model-files` naming the file: one is missing, cut off, or of another form.
 */
export async function readModelFiles(directory: string): Promise<ModelFiles> {
  const inArtifact = join(directory, "Format-Serving");
  const root = existsSync(inArtifact) ? inArtifact : directory;
  const path = (name: string) => join(root, name);
  const { modelTopology, weightsManifest } = parseModelJson(await readText(path(commitFile)), path(commitFile));
  const bytes = await readBytes(path(files.weights));
  return {
    topology: modelTopology as unknown as Topology,
    weights: cutWeights(weightsManifest[0].weights, bytes, path(files.weights)),
    signature: parseSignature(await readText(path(files.signature)), path(files.signature)),
    transformPath: path(files.transform),
  };
}

function parseModelJson(text: string, file: string): v.InferOutput<typeof modelJsonSchema> {
  try {
    return v.parse(modelJsonSchema, JSON.parse(text));
  } catch (cause) {
    throw badFiles(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function cutWeights(specs: readonly Omit<Weight, "values">[], bytes: Buffer, file: string): Weight[] {
  const sizes = specs.map(({ shape }) => shape.reduce((product, dimension) => product * dimension, 1));
  const wanted = 4 * sizes.reduce((sum, size) => sum + size, 0);
  if (wanted !== bytes.byteLength) throw badFiles(file, `it must have ${wanted} bytes and has ${bytes.byteLength}`);
  // Copied, since a file's bytes need not lie at a multiple of four.
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  let start = 0;
  return specs.map(({ name, shape }, index) => {
    const end = start + sizes[index]!;
    const weight = { name, shape, values: values.subarray(start, end) };
    start = end;
    return weight;
  });
}

async function readText(file: string): Promise<string> {
  return (await readBytes(file)).toString("utf8");
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw badFiles(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function badFiles(file: string, why: string, cause?: unknown): Terminal {
  return new Terminal("bad-model-files", `Cannot load the model from ${file}: ${why}`, { file, cause });
}
