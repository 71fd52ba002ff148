import { beforeAll, describe, expect, it } from "vitest";
import { type Backend, openBackend } from "../tensorflow/mod.ts";
import { dense, input, type Loss, model, type ModelFeature } from "./layers/mod.ts";
import { buildNetwork, disposeNetwork } from "./network.ts";
import { checkOutput, usedFeatures } from "./task.ts";

const features: readonly ModelFeature[] = ["a", "b"].map((name) => ({ name, kind: "float", shape: [] }));
let backend: Backend;

beforeAll(async () => {
  backend = await openBackend();
});

function definition(units: number, loss: Loss) {
  const from = input(features[1]!);
  return model({ inputs: [from], output: dense(from, { units }), loss });
}

async function check(units: number, loss: Loss, classes?: readonly string[]): Promise<void> {
  const network = await buildNetwork(backend, definition(units, loss), 1);
  try {
    checkOutput(network, definition(units, loss), { name: "y", ...(classes === undefined ? {} : { classes }) });
  } finally {
    disposeNetwork(network);
  }
}

describe("checkOutput()", () => {
  it.each<readonly [number, Loss, string[] | undefined]>([
    [3, "sparseCategoricalCrossentropy", ["a", "b", "c"]],
    [1, "binaryCrossentropy", ["no", "yes"]],
    [1, "meanSquaredError", undefined],
    [1, "meanAbsoluteError", ["0", "1"]],
  ])("accepts %d units with %s for classes %j", async (units, loss, classes) => {
    await expect(check(units, loss, classes)).resolves.toBeUndefined();
  });

  it.each<readonly [number, Loss, string[] | undefined, RegExp]>([
    [2, "sparseCategoricalCrossentropy", ["a", "b", "c"], /must have 3 units for label "y" .*: it has 2/],
    [2, "binaryCrossentropy", ["no", "yes"], /must have 1 units .*: it has 2/],
    [1, "binaryCrossentropy", ["a", "b", "c"], /needs 2 classes and label "y" has 3/],
    [3, "sparseCategoricalCrossentropy", undefined, /label "y" is a float: use meanSquaredError/],
    [2, "meanSquaredError", undefined, /must have 1 unit .*: it has 2/],
  ])("refuses %d units with %s for classes %j", async (units, loss, classes, message) => {
    await expect(check(units, loss, classes)).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringMatching(message),
    });
  });
});

describe("usedFeatures()", () => {
  it("gives the features in the order of the network's inputs, without those it doesn't use", () => {
    expect(usedFeatures(definition(1, "meanSquaredError"), features)).toEqual([features[1]]);
  });
});
