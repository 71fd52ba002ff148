import type { Signature } from "./signature.ts";

/** One output of a prediction, row after row. */
export interface PredictedOutput {
  readonly name: string;
  /** Dimensions of one row's value; none for a single one. */
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | readonly string[];
}

/** What a model says about a batch of rows. */
export interface Prediction {
  readonly rows: number;
  /** As in the signature, in its order. */
  readonly outputs: readonly PredictedOutput[];
  /** Rows × classes, for a classification of two classes too; empty for a regression. */
  readonly probabilities: Float32Array;
  /** The most probable class of each row, the first of equals, −1 where all are NaN; empty for a regression. */
  readonly classIndices: Int32Array;
}

/** Reads what the network gave for a batch. @param data Row after row, as wide as the signature's first output. */
export function toPrediction(signature: Signature, data: Float32Array, rows: number): Prediction {
  const [first] = signature.outputs;
  const network = { name: first!.name, shape: first!.shape, data };
  const { classes } = signature.label;
  if (signature.task === "regression" || classes === undefined) {
    return { rows, outputs: [network], probabilities: new Float32Array(), classIndices: new Int32Array() };
  }
  const probabilities = classes.length === 2 && data.length === rows ? bothSides(data) : data;
  const classIndices = mostProbable(probabilities, rows, classes.length);
  const names = Array.from(classIndices, (index) => classes[index] ?? "");
  const outputs = [
    network,
    { name: "class_id", shape: [], data: classIndices },
    { name: "class", shape: [], data: names },
  ];
  return { rows, outputs, probabilities, classIndices };
}

/** A sigmoid gives the second class's probability alone. */
function bothSides(second: Float32Array): Float32Array {
  return Float32Array.from({ length: second.length * 2 }, (_, place) => {
    const probability = second[place >> 1]!;
    return place % 2 === 1 ? probability : 1 - probability;
  });
}

function mostProbable(probabilities: Float32Array, rows: number, classes: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) =>
    greatest(probabilities.subarray(row * classes, (row + 1) * classes)),
  );
}

/** Index of the greatest value, the first of equals; −1 if all are NaN. */
function greatest(values: Float32Array): number {
  return values.reduce((best, value, index) => {
    const better = best < 0 ? !Number.isNaN(value) : value > values[best]!;
    return better ? index : best;
  }, -1);
}

/** Joins the predictions of consecutive rows. */
export function joinPredictions(parts: readonly Prediction[]): Prediction {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  return {
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
    outputs: (first?.outputs ?? []).map(({ name, shape }, place) => ({
      name,
      shape,
      data: joinData(parts.map(({ outputs }) => outputs[place]!.data)),
    })),
    probabilities: joinData(parts.map(({ probabilities }) => probabilities)) as Float32Array,
    classIndices: joinData(parts.map(({ classIndices }) => classIndices)) as Int32Array,
  };
}

function joinData(parts: readonly PredictedOutput["data"][]): PredictedOutput["data"] {
  if (Array.isArray(parts[0])) return (parts as readonly (readonly string[])[]).flat();
  const arrays = parts as readonly (Float32Array | Int32Array)[];
  const length = arrays.reduce((sum, array) => sum + array.length, 0);
  const joined = arrays[0] instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
  let start = 0;
  for (const array of arrays) {
    joined.set(array, start);
    start += array.length;
  }
  return joined;
}
