import { describe, isFeature, scalar, vector } from "../feature.ts";
import type { AnyFeature, Feature, Vector } from "../feature.ts";
import type { ValueKind } from "../graph.ts";
import { finite, float, integer, numeric, one, wrongUse } from "./argument.ts";

/** Another value where one is missing. NaN is not missing. Source: the fill-missing idiom of TFX's templates. */
export function fillMissing(x: Feature<number>, value: number): Feature<number>;
export function fillMissing(x: Feature<string>, value: string): Feature<string>;
export function fillMissing(x: Feature, value: number | string): Feature {
  const feature = one(fillMissing, x);
  return scalar(feature.kind, { op: "fill", value: filling(feature, value) }, [feature]);
}

function filling(feature: Feature, value: unknown): number | string {
  if (feature.kind === "float") return finite(fillMissing, "value", value);
  if (feature.kind === "int") return integer(fillMissing, "value", value, Number.MIN_SAFE_INTEGER);
  if (typeof value === "string") return value;
  throw wrongUse(fillMissing, `value must be a text, as ${describe(feature)} is: it is ${String(value)}`);
}

/**
 * Converts numbers: to "float"; to "int", toward zero, where NaN and what is beyond 2^53 become missing; integers to
 * "string" in decimal.
 */
export function cast(x: Feature<number>, to: "float" | "int"): Feature<number>;
export function cast(x: Feature<number>, to: "string"): Feature<string>;
export function cast(x: Feature<number>, to: ValueKind): Feature {
  const feature = numeric(cast, x);
  if (to !== "float" && to !== "int" && to !== "string") {
    throw wrongUse(cast, `the kind must be "float", "int" or "string": it is ${String(to)}`);
  }
  if (feature.kind === to) return feature;
  if (feature.kind === "float" && to === "string") {
    throw wrongUse(cast, `only integers have one text: cast ${describe(feature)} to "int" first`);
  }
  return scalar(to, { op: "cast", to }, [feature]);
}

/** Numbers and vectors, one behind the other, as one vector. A missing number is 0. Source: tf.concat. */
export function concatenate(...parts: readonly (Feature<number> | Vector)[]): Vector {
  if (parts.length === 0) throw wrongUse(concatenate, "it takes at least one feature");
  return vector({ op: "concatenate" }, parts.map(part));
}

function part(feature: Feature<number> | Vector): AnyFeature {
  return isFeature(feature) && feature.rank === 1 ? feature : float(concatenate, feature);
}
