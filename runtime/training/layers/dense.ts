import { type Activation, count, describe, type Layer, layer, type LayerOptions } from "./layer.ts";

/** Options of `dense`. */
export interface DenseOptions extends LayerOptions {
  /** Width of the output. */
  readonly units: number;
  /** Default linear. */
  readonly activation?: Activation;
  /** Default true. */
  readonly useBias?: boolean;
  /** Weight of the kernel's squared sum in the loss. */
  readonly l2?: number;
}

/** A fully connected layer over the last dimension. Source: Keras Dense. */
export function dense(from: Layer, options: DenseOptions): Layer {
  const { units, useBias = true, l2, name } = options;
  const width = from.shape?.at(-1);
  if (width === undefined) throw new TypeError(`Cannot apply dense to ${describe(from)}: it must be a layer`);
  return layer("Dense", [from], {
    ...(name === undefined ? {} : { name }),
    shape: [...from.shape.slice(0, -1), count("units", units)],
    config: {
      units,
      activation: snakeCase(options.activation ?? "linear"),
      use_bias: useBias,
      kernel_initializer: { class_name: "GlorotUniform", config: { seed: null } },
      bias_initializer: { class_name: "Zeros", config: {} },
      kernel_regularizer: l2 === undefined ? null : { class_name: "L1L2", config: { l1: 0, l2 } },
    },
  });
}

/** An activation by itself. Source: Keras Activation. */
export function activation(from: Layer, name: Activation, options: LayerOptions = {}): Layer {
  return layer("Activation", [from], { ...options, shape: from.shape, config: { activation: snakeCase(name) } });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
