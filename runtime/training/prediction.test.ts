import { describe, expect, it } from "vitest";
import { joinPredictions, type Prediction, toPrediction } from "./prediction.ts";
import type { Signature } from "./signature.ts";

function signature(classes: readonly string[] | undefined, units: number): Signature {
  return {
    format: "millrace.signature/1",
    task: classes === undefined ? "regression" : "classification",
    inputs: [],
    columns: [],
    features: [],
    label: { name: "y", ...(classes === undefined ? {} : { classes }) },
    outputs: [{ name: "out", kind: "float", shape: units === 1 ? [] : [units] }],
  };
}

describe("toPrediction()", () => {
  it("names the most probable class, the first of equals, and none where all are NaN", () => {
    const data = Float32Array.of(0.25, 0.75, 0, 0.5, 0.5, 0, Number.NaN, Number.NaN, Number.NaN);
    const { classIndices, outputs, probabilities } = toPrediction(signature(["a", "b", "c"], 3), data, 3);
    expect([...classIndices]).toEqual([1, 0, -1]);
    expect(outputs[1]!.data).toBe(classIndices);
    expect(outputs[2]!.data).toEqual(["b", "a", ""]);
    expect(probabilities).toBe(data);
  });

  it("gives both classes a probability where the network has a sigmoid", () => {
    const { probabilities, classIndices } = toPrediction(signature(["no", "yes"], 1), Float32Array.of(0.25, 0.875), 2);
    expect([...probabilities]).toEqual([0.75, 0.25, 0.125, 0.875]);
    expect([...classIndices]).toEqual([0, 1]);
  });

  it("gives a regression its number alone", () => {
    const prediction = toPrediction(signature(undefined, 1), Float32Array.of(1.5), 1);
    expect(prediction.outputs).toEqual([{ name: "out", shape: [], data: Float32Array.of(1.5) }]);
    expect(prediction.probabilities).toHaveLength(0);
  });
});

function twoClasses(...data: number[]): Prediction {
  return toPrediction(signature(["a", "b"], 2), Float32Array.from(data), data.length / 2);
}

describe("joinPredictions()", () => {
  it("puts consecutive rows behind one another in every part", () => {
    expect(joinPredictions([twoClasses(1, 0, 0, 1), twoClasses(0.25, 0.75)])).toEqual(
      twoClasses(1, 0, 0, 1, 0.25, 0.75),
    );
  });
});
