import type { Optimizer as OptimizerInstance } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { Terminal } from "../model/mod.ts";
import type { Backend } from "../tensorflow/mod.ts";
import type { ConfigValue, ModelDefinition, Optimizer, Topology, TopologyLayer } from "./layers/mod.ts";
import type { Weight } from "./model-files.ts";
import { deriveSeed } from "./seed.ts";

/**
 * Builds a definition's network, its first weights decided by the seed alone, ready to train.
 * @throws {Terminal} `bad-model`: tfjs refuses the topology.
 */
export async function buildNetwork(backend: Backend, definition: ModelDefinition, seed: number): Promise<LayersModel> {
  const network = await fromTopology(backend, seedTopology(definition.topology, seed));
  network.compile({
    optimizer: optimizerOf(backend, definition.optimizer),
    loss: definition.loss,
    metrics: [...definition.metrics],
  });
  return network;
}

/** Builds a network from a topology, its weights not yet set. @throws {Terminal} `bad-model`. */
export async function fromTopology(backend: Backend, topology: Topology): Promise<LayersModel> {
  try {
    // tfjs mutates what it is given.
    const modelTopology = structuredClone(topology) as unknown as Parameters<
      typeof backend.layers.models.modelFromJSON
    >[0];
    return await backend.layers.models.modelFromJSON(modelTopology);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Terminal("bad-model", `Cannot build the network: ${why}`, { cause });
  }
}

/** Gives every initialiser its own seed, by layer name and place. */
function seedTopology(topology: Topology, seed: number): Topology {
  const layers = topology.config.layers.map((layer) => ({ ...layer, config: seedConfig(layer, seed) }));
  return { ...topology, config: { ...topology.config, layers } };
}

function seedConfig(layer: TopologyLayer, seed: number): TopologyLayer["config"] {
  const entries = Object.entries(layer.config).map(([key, value]): [string, ConfigValue] => {
    if (!key.endsWith("_initializer") || !isInitializer(value) || !("seed" in value.config)) return [key, value];
    return [key, { ...value, config: { ...value.config, seed: deriveSeed(seed, layer.name, key) } }];
  });
  return Object.fromEntries(entries);
}

function isInitializer(value: ConfigValue): value is { class_name: string; config: Record<string, ConfigValue> } {
  return typeof value === "object" && value !== null && "config" in value;
}

function optimizerOf({ tf }: Backend, optimizer: Optimizer): OptimizerInstance {
  switch (optimizer.name) {
    case "adam":
      return tf.train.adam(optimizer.learningRate, optimizer.beta1, optimizer.beta2);
    case "sgd":
      return optimizer.momentum === 0
        ? tf.train.sgd(optimizer.learningRate)
        : tf.train.momentum(optimizer.learningRate, optimizer.momentum);
    case "rmsprop":
      return tf.train.rmsprop(optimizer.learningRate, optimizer.decay);
    default:
      throw new Terminal("bad-model", `Cannot train with optimizer ${JSON.stringify(optimizer)}: it is not known`);
  }
}

/**
 * Gives every dropout the seed of one training step. With one seed for all steps, tfjs would draw the same mask each
 * time; with none, it would draw it from Math.random.
 */
export function reseedDropouts(network: LayersModel, seed: number, step: number): void {
  for (const layer of network.layers) {
    if (layer.getClassName() !== "Dropout") continue;
    (layer as unknown as { seed: number }).seed = deriveSeed(seed, layer.name, step);
  }
}

/** The network's weights, by the names its definition gives them. */
export function weightsOf(network: LayersModel): Weight[] {
  return network.weights.map((weight) => {
    const tensor = weight.read();
    // The original name: tfjs adds a number when a process builds the same network twice.
    return { name: weight.originalName, shape: tensor.shape, values: tensor.dataSync<"float32">() };
  });
}

/** Sets a network's weights, in their order. @throws {Terminal} `bad-model`: they are another network's. */
export function setWeights({ tf }: Backend, network: LayersModel, weights: readonly Weight[]): void {
  const wanted = network.weights.map(({ originalName, shape }) => `${originalName} [${shape.join(", ")}]`);
  const given = weights.map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
  if (wanted.join() !== given.join()) {
    throw new Terminal("bad-model", `Cannot set weights ${given.join("; ")}: the network has ${wanted.join("; ")}`);
  }
  tf.tidy(() => network.setWeights(weights.map(({ shape, values }) => tf.tensor(values, [...shape]))));
}

/** Frees a compiled network, its optimiser's averages too, which tfjs keeps when it is given an optimiser. */
export function disposeNetwork(network: LayersModel): void {
  network.optimizer.dispose();
  network.dispose();
}
