import { type ConfigValue, describe, type Layer } from "./layer.ts";

/** A Keras functional model as JSON, in the form that Keras 2 and tfjs-layers read. */
export interface Topology {
  readonly class_name: "Model";
  readonly config: {
    readonly name: string;
    readonly layers: readonly TopologyLayer[];
    readonly input_layers: readonly LayerReference[];
    readonly output_layers: readonly LayerReference[];
  };
}

/** One layer of a topology. */
export interface TopologyLayer {
  readonly name: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly inbound_nodes: readonly (readonly (readonly [string, 0, 0, Readonly<Record<string, never>>])[])[];
}

type LayerReference = readonly [string, 0, 0];

/**
 * Writes layers out as a topology: each once, after those it comes from. Layers without a name get their class's and
 * a number, counted in this model alone, so that equal code gives equal text.
 * @throws {TypeError} two layers of one name, or an input that isn't given.
 */
export function topologyOf(name: string, inputs: readonly Layer[], output: Layer): Topology {
  const names = nameLayers(inOrder([...inputs, output]));
  const reference = (layer: Layer): LayerReference => [names.get(layer)!, 0, 0];
  const layers = [...names].map(([layer, layerName]) => writeLayer(layer, layerName, names));
  const loose = [...names.keys()].find((layer) => layer.className === "InputLayer" && !inputs.includes(layer));
  if (loose !== undefined) {
    throw new TypeError(`Cannot make a model that uses ${describe(loose)}: inputs must list it and do not`);
  }
  return {
    class_name: "Model",
    config: { name, layers, input_layers: inputs.map(reference), output_layers: [reference(output)] },
  };
}

function inOrder(roots: readonly Layer[]): Set<Layer> {
  const ordered = new Set<Layer>();
  const visit = (layer: Layer): void => {
    if (ordered.has(layer)) return;
    for (const source of layer.inbound) visit(source);
    ordered.add(layer);
  };
  for (const root of roots) visit(root);
  return ordered;
}

function nameLayers(layers: ReadonlySet<Layer>): Map<Layer, string> {
  const names = new Map<Layer, string>();
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  for (const layer of layers) if (layer.name !== undefined) claim(taken, layer.name);
  for (const layer of layers) names.set(layer, layer.name ?? nextName(layer, counts, taken));
  return names;
}

function claim(taken: Set<string>, name: string): void {
  if (taken.has(name)) {
    throw new TypeError(`Cannot name two layers ${JSON.stringify(name)}: names must differ in a model`);
  }
  taken.add(name);
}

function nextName(layer: Layer, counts: Map<string, number>, taken: Set<string>): string {
  const base = layer.className.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
  let name: string;
  do {
    const next = (counts.get(base) ?? 0) + 1;
    counts.set(base, next);
    name = `${base}_${next}`;
  } while (taken.has(name));
  taken.add(name);
  return name;
}

function writeLayer(layer: Layer, name: string, names: ReadonlyMap<Layer, string>): TopologyLayer {
  const { cardinality: _, ...config } = layer.config;
  const inbound = layer.inbound.map((source) => [names.get(source)!, 0, 0, {}] as const);
  return {
    name,
    class_name: layer.className,
    config: { name, trainable: true, ...config },
    inbound_nodes: inbound.length === 0 ? [] : [inbound],
  };
}
