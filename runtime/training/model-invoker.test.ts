import { describe, expect, it } from "vitest";
import type { Json } from "../model/mod.ts";
import { dense, input, model, type ModelFeatures } from "./layers/mod.ts";
import { invoke } from "./model-invoker.ts";

const features: ModelFeatures = {
  features: [{ name: "x", kind: "float", shape: [] }],
  label: { name: "y", classes: ["a", "b"] },
};
const argument = features as unknown as Json;

function network({ features: [x], label }: ModelFeatures) {
  const from = input(x!);
  return model({ inputs: [from], output: dense(from, { units: label.classes!.length, activation: "softmax" }) });
}

function build(): void {}

function forgetful({ label }: ModelFeatures): unknown {
  return label.classes?.length === 0 ? label : undefined;
}

function failing(): never {
  throw new Error("mine");
}

describe("invoke()", () => {
  it("gives the definition as plain data", () => {
    const definition = invoke(network, argument);
    expect(definition).toEqual(network(features));
    expect(JSON.parse(JSON.stringify(definition))).toEqual(definition);
  });

  it.each<readonly [string, unknown, RegExp]>([
    ["no function", 3, /must be a function: it is a number/],
    ["nothing", build, /what build returned .* undefined; is a return missing\?/],
    ["a promise", async () => undefined, /a promise; drop async/],
    ["a layer", (given: ModelFeatures) => input(given.features[0]!), /it is a layer/],
  ])("says what is wrong with %s", (_, modelFunction, message) => {
    expect(() => invoke(modelFunction, argument)).toThrow(
      expect.objectContaining({ code: "bad-model", message: expect.stringMatching(message) }),
    );
  });

  it("shows where the function that returned nothing began", () => {
    expect(() => invoke(forgetful, argument)).toThrow(
      expect.objectContaining({
        stack: expect.stringMatching(/^TypeError: Cannot train what forgetful(.*\n)+.*at forgetful/),
      }),
    );
  });

  it("lets what the function throws pass through", () => {
    expect(() => invoke(failing, argument)).toThrow("mine");
  });
});
