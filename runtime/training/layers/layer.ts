/** A JSON value of a layer's configuration, in Keras's own names. */
export type ConfigValue =
  | null
  | boolean
  | number
  | string
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** A layer applied to others, and so the value that comes out of it; pure data. */
export interface Layer {
  readonly className: string;
  /** Unique in a model if given; default: the class name and a number. */
  readonly name: string | undefined;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly inbound: readonly Layer[];
  /** Dimensions of what it gives for one example. */
  readonly shape: readonly number[];
  readonly kind: "float" | "int";
}

/** Options that every layer takes. */
export interface LayerOptions {
  /** Name in the exported model. */
  readonly name?: string;
}

/** Keras's activations that run on every backend. */
export type Activation =
  | "elu"
  | "hardSigmoid"
  | "linear"
  | "relu"
  | "relu6"
  | "selu"
  | "sigmoid"
  | "softmax"
  | "softplus"
  | "softsign"
  | "swish"
  | "tanh";

/**
 * Makes a layer value.
 * @throws {TypeError} an inbound value is not a layer.
 */
export function layer(
  className: string,
  inbound: readonly Layer[],
  parts: Pick<Layer, "shape"> & Partial<Pick<Layer, "kind" | "config">> & LayerOptions,
): Layer {
  for (const value of inbound) {
    if (isLayer(value)) continue;
    throw new TypeError(`Cannot apply ${className} to ${describe(value)}: it must be a layer, as input() gives`);
  }
  const { name, config = {}, shape, kind = "float" } = parts;
  return { className, name, config, inbound, shape, kind };
}

/** Whether a value looks like a layer; by shape, since each bundle has its own copy of this module. */
export function isLayer(value: unknown): value is Layer {
  return typeof value === "object" && value !== null && "className" in value && "inbound" in value;
}

/** A layer in a message: its name or class, and its shape. */
export function describe(value: unknown): string {
  if (!isLayer(value)) return value === null || typeof value !== "object" ? String(value) : "another object";
  return `${value.name ?? value.className} of shape [${value.shape.join(", ")}]`;
}

/**
 * Checks a number of a layer's options.
 * @throws {RangeError} naming option, value and bounds.
 */
export function checked(option: string, value: number, least: number, below = Number.POSITIVE_INFINITY): number {
  if (value >= least && value < below) return value;
  const most = below === Number.POSITIVE_INFINITY ? "" : ` and below ${below}`;
  throw new RangeError(`Cannot use ${option} ${value}: it must be at least ${least}${most}`);
}

/**
 * Checks a count of a layer's options.
 * @throws {RangeError} it is no whole number from 1.
 */
export function count(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Cannot use ${option} ${value}: it must be a whole number from 1`);
}
