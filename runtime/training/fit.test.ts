import { beforeAll, describe, expect, it } from "vitest";
import { type Backend, openBackend } from "../tensorflow/mod.ts";
import { type EpochMetrics, fit } from "./fit.ts";
import { adam, dense, input, model, sgd } from "./layers/mod.ts";
import { buildNetwork, disposeNetwork } from "./network.ts";
import { twoCircles, twoCirclesModel } from "./testing/two-circles.ts";

let backend: Backend;

beforeAll(async () => {
  backend = await openBackend();
});

describe("fit()", () => {
  it("learns to tell two classes apart, reporting every epoch", async () => {
    const network = await buildNetwork(backend, twoCirclesModel, 1);
    const epochs: EpochMetrics[] = [];
    const last = await fit(backend, network, twoCircles(200, 1), twoCircles(80, 2), {
      epochs: 30,
      batchSize: 16,
      seed: 1,
      onEpoch: (_, metrics) => epochs.push(metrics),
    });
    expect(epochs).toHaveLength(30);
    expect(last["eval_accuracy"]).toBeGreaterThan(0.9);
    expect(last["loss"]).toBeLessThan(epochs[0]!["loss"]!);
  });

  it("gives the same weights again, and others with another seed", async () => {
    const first = await weightsAfter(1);
    expect(await weightsAfter(1)).toEqual(first);
    expect(await weightsAfter(2)).not.toEqual(first);
  });

  it("stops at a loss that is not finite, naming epoch and batch", async () => {
    const x = input({ name: "x", kind: "float", shape: [2] });
    const wild = model({
      inputs: [x],
      output: dense(x, { units: 1 }),
      loss: "meanSquaredError",
      optimizer: sgd({ learningRate: 1e30 }),
    });
    const network = await buildNetwork(backend, wild, 1);
    const training = fit(backend, network, twoCircles(40, 1), twoCircles(8, 2), { epochs: 3, batchSize: 8, seed: 1 });
    await expect(training).rejects.toMatchObject({
      code: "nan-loss",
      message: expect.stringMatching(/epoch 1, batch \d of 5/),
    });
  });

  it("stops at weights that are not finite, which a classifier's clipped loss does not show", async () => {
    const network = await buildNetwork(backend, { ...twoCirclesModel, optimizer: sgd({ learningRate: 1e38 }) }, 1);
    const training = fit(backend, network, twoCircles(40, 1), twoCircles(8, 2), { epochs: 3, batchSize: 8, seed: 1 });
    await expect(training).rejects.toMatchObject({
      code: "nan-weights",
      message: expect.stringMatching(/kernel.* after epoch 1\. Lower the learning rate/),
    });
  });

  it("stops when asked to", async () => {
    const stop = new AbortController();
    const network = await buildNetwork(backend, { ...twoCirclesModel, optimizer: adam() }, 1);
    const training = fit(backend, network, twoCircles(40, 1), twoCircles(8, 2), {
      epochs: 1000,
      batchSize: 8,
      seed: 1,
      signal: stop.signal,
      onEpoch: () => stop.abort(),
    });
    await expect(training).rejects.toMatchObject({ code: "cancelled" });
  });

  it("leaks no tensor, neither while it trains nor when the network is freed", async () => {
    const options = { epochs: 1, batchSize: 8, seed: 1 };
    const before = backend.tf.memory().numTensors;
    const network = await buildNetwork(backend, twoCirclesModel, 1);
    await fit(backend, network, twoCircles(40, 1), twoCircles(8, 2), options);
    const trained = backend.tf.memory().numTensors;
    await fit(backend, network, twoCircles(40, 1), twoCircles(8, 2), options);
    expect(backend.tf.memory().numTensors).toBe(trained);
    disposeNetwork(network);
    expect(backend.tf.memory().numTensors).toBe(before);
  });
});

async function weightsAfter(seed: number): Promise<Float32Array[]> {
  const network = await buildNetwork(backend, twoCirclesModel, seed);
  await fit(backend, network, twoCircles(60, 1), twoCircles(8, 2), { epochs: 3, batchSize: 8, seed });
  return network.getWeights().map((weight) => weight.dataSync<"float32">());
}
