import { checked } from "./layer.ts";

/** An optimiser as data. */
export type Optimizer =
  | { readonly name: "adam"; readonly learningRate: number; readonly beta1: number; readonly beta2: number }
  | { readonly name: "sgd"; readonly learningRate: number; readonly momentum: number }
  | { readonly name: "rmsprop"; readonly learningRate: number; readonly decay: number };

/** Adam; defaults as in Keras. */
export function adam(options: { learningRate?: number; beta1?: number; beta2?: number } = {}): Optimizer {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999 } = options;
  return { name: "adam", learningRate: rate(learningRate), beta1, beta2 };
}

/** Stochastic gradient descent, with momentum if wanted. */
export function sgd(options: { learningRate?: number; momentum?: number } = {}): Optimizer {
  const { learningRate = 0.01, momentum = 0 } = options;
  return { name: "sgd", learningRate: rate(learningRate), momentum };
}

/** RMSProp; defaults as in Keras. */
export function rmsprop(options: { learningRate?: number; decay?: number } = {}): Optimizer {
  const { learningRate = 0.001, decay = 0.9 } = options;
  return { name: "rmsprop", learningRate: rate(learningRate), decay };
}

function rate(learningRate: number): number {
  return checked("learningRate", learningRate, Number.MIN_VALUE);
}
