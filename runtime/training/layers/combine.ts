import { describe, type Layer, layer, type LayerOptions } from "./layer.ts";

/** Joins values along the last dimension; ints become floats. Source: Keras Concatenate. */
export function concatenate(from: readonly Layer[], options: LayerOptions = {}): Layer {
  const [first] = from;
  if (first === undefined) throw new TypeError("Cannot concatenate nothing: at least one layer must be given");
  if (from.length === 1) return first;
  const lead = first.shape.slice(0, -1);
  const odd = from.find(({ shape }) => shape.length !== first.shape.length || lead.some((n, i) => n !== shape[i]));
  if (odd !== undefined) {
    throw new TypeError(`Cannot concatenate ${describe(first)} and ${describe(odd)}: all but the last must be equal`);
  }
  const width = from.reduce((sum, { shape }) => sum + (shape.at(-1) ?? 0), 0);
  return layer("Concatenate", from, { ...options, shape: [...lead, width], config: { axis: -1 } });
}

/** Adds values of one shape. Source: Keras Add. */
export function add(from: readonly Layer[], options: LayerOptions = {}): Layer {
  return merge("Add", from, options);
}

/** Multiplies values of one shape. Source: Keras Multiply. */
export function multiply(from: readonly Layer[], options: LayerOptions = {}): Layer {
  return merge("Multiply", from, options);
}

/** Makes one row of an example's values. Source: Keras Flatten. */
export function flatten(from: Layer, options: LayerOptions = {}): Layer {
  const size = from.shape.reduce((product, dimension) => product * dimension, 1);
  return layer("Flatten", [from], { ...options, shape: [size], kind: from.kind });
}

function merge(className: string, from: readonly Layer[], options: LayerOptions): Layer {
  const [first] = from;
  if (first === undefined || from.length < 2) {
    throw new TypeError(`Cannot ${className.toLowerCase()} fewer than two layers: ${from.length} given`);
  }
  const odd = from.find(({ shape }) => shape.join() !== first.shape.join());
  if (odd === undefined) return layer(className, from, { ...options, shape: first.shape });
  throw new TypeError(
    `Cannot ${className.toLowerCase()} ${describe(first)} and ${describe(odd)}: shapes must be equal`,
  );
}
