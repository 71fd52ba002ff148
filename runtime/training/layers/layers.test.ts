import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Backend, openBackend } from "../../tensorflow/mod.ts";
import { buildNetwork } from "../network.ts";
import { seededRandom } from "../seed.ts";
import {
  activation,
  add,
  batchNormalization,
  concatenate,
  dense,
  dropout,
  embedding,
  flatten,
  input,
  type Layer,
  layerNormalization,
  model,
  multiply,
} from "./mod.ts";

const numbers = input({ name: "numbers", kind: "float", shape: [3] });
const id = input({ name: "id", kind: "int", shape: [], cardinality: 4 });
const rows = 6;

let backend: Backend;

beforeAll(async () => {
  backend = await openBackend();
});

function inputsOf(network: LayersModel): Tensor[] {
  const { tf } = backend;
  const random = seededRandom(3);
  const values = Array.from({ length: rows * 3 }, () => random() * 2 - 1);
  const byName: Record<string, Tensor> = {
    numbers: tf.tensor2d(values, [rows, 3]),
    id: tf.tensor2d([0, 1, 2, 3, 1, 1], [rows, 1]),
  };
  return network.inputs.map(({ sourceLayer }) => byName[sourceLayer.name]!);
}

/** Sum of squares of what the network gives while training. */
function lossOf(network: LayersModel, inputs: Tensor[]): Scalar {
  return backend.tf.sum(backend.tf.square(network.apply(inputs, { training: true }) as Tensor));
}

const cases: readonly (readonly [string, Layer])[] = [
  ["dense with l2", dense(numbers, { units: 2, activation: "sigmoid", l2: 0.01 })],
  ["dense over rows of vectors", flatten(dense(embedding(id, { outputDim: 2 }), { units: 2, activation: "tanh" }))],
  ["embedding", flatten(embedding(id, { outputDim: 3 }))],
  ["concatenate", dense(concatenate([numbers, flatten(embedding(id, { outputDim: 2 }))]), { units: 2 })],
  ["add and multiply", dense(add([numbers, multiply([numbers, activation(numbers, "tanh")])]), { units: 2 })],
  ["batchNormalization", batchNormalization(dense(numbers, { units: 2, activation: "tanh" }))],
  ["layerNormalization", layerNormalization(dense(numbers, { units: 3, activation: "softplus" }))],
  ["dropout", dropout(dense(numbers, { units: 4 }), 0.5)],
  ...(["elu", "hardSigmoid", "relu", "relu6", "selu", "softmax", "softsign", "swish"] as const).map(
    (name) => [name, dense(dense(numbers, { units: 3, activation: name }), { units: 2 })] as const,
  ),
];

describe("every layer of the DSL", () => {
  it.each(cases)("%s trains by the gradient that numeric differentiation gives", async (_, output) => {
    const { tf } = backend;
    const used = [numbers, id].filter((candidate) => reaches(output, candidate));
    const network = await buildNetwork(backend, model({ inputs: used, output, loss: "meanSquaredError" }), 5);
    for (const layer of network.layers) Object.assign(layer, { seed: 11 });
    const inputs = inputsOf(network);
    const variables = network.trainableWeights.map((weight) => (weight as unknown as { val: Variable }).val);
    const { grads } = tf.variableGrads(() => lossOf(network, inputs), variables);
    for (const variable of variables) {
      const slopes = grads[variable.name]!.dataSync();
      slopes.forEach((slope, index) => {
        const numeric = centralDifference(variable, index, () => lossOf(network, inputs).dataSync()[0]!);
        expect(Math.abs(slope - numeric), `${variable.name}[${index}]`).toBeLessThan(0.02 + 0.02 * Math.abs(numeric));
      });
    }
  });
});

function reaches(from: Layer, target: Layer): boolean {
  return from === target || from.inbound.some((source) => reaches(source, target));
}

function centralDifference(variable: Variable, index: number, loss: () => number): number {
  const step = 1e-2;
  const original = variable.dataSync().slice();
  const at = (by: number): number => {
    const moved = original.slice();
    moved[index]! += by;
    variable.assign(backend.tf.tensor(moved, variable.shape));
    return loss();
  };
  const slope = (at(step) - at(-step)) / (2 * step);
  variable.assign(backend.tf.tensor(original, variable.shape));
  return slope;
}

describe("model()", () => {
  it("names layers by class and number, the same in every process", () => {
    const hidden = dense(dense(numbers, { units: 2 }), { units: 2, name: "dense_1" });
    const { topology } = model({ inputs: [numbers], output: dense(hidden, { units: 1 }) });
    expect(topology.config.layers.map(({ name }) => name)).toEqual(["numbers", "dense_2", "dense_1", "dense_3"]);
  });

  it.each<readonly [string, () => unknown, RegExp]>([
    ["two layers of one name", () => twice("same"), /two layers "same"/],
    ["an input that is not listed", () => model({ inputs: [id], output: numbers }), /numbers of shape \[3\]: inputs/],
    ["no inputs", () => model({ inputs: [], output: numbers }), /without inputs/],
    ["an output of two dimensions", () => modelOf(embedding(id, { outputDim: 2 })), /flatten\(\) it first/],
    ["units that are no count", () => dense(numbers, { units: 1.5 }), /units 1.5: it must be a whole number/],
    ["a rate of one", () => dropout(numbers, 1), /rate 1: it must be at least 0 and below 1/],
    ["an embedding of floats", () => embedding(numbers, { outputDim: 2 }), /numbers .* must be an int feature/],
    ["unlike shapes", () => add([numbers, id]), /numbers of shape \[3\] and id of shape \[1\]/],
    ["something that is no layer", () => flatten(dense("x" as never, { units: 1 })), /dense to x: it must be a layer/],
  ])("refuses %s, saying what would be right", (_, build, message) => {
    expect(build).toThrow(message);
  });
});

function twice(name: string): unknown {
  return model({ inputs: [numbers], output: dense(dense(numbers, { units: 1, name }), { units: 1, name }) });
}

function modelOf(output: Layer): unknown {
  return model({ inputs: [id], output });
}
