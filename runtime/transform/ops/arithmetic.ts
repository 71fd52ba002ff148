import { scalar } from "../feature.ts";
import type { Feature } from "../feature.ts";
import type { ArithmeticNode } from "../graph.ts";
import type { Callee } from "./argument.ts";
import { finite, float, operand, wrongUse } from "./argument.ts";

/** A column, a result, or a number that is the same in every row. */
export type Operand = Feature<number> | number;

/** x + y in float32. Missing if either is. */
export function add(x: Operand, y: Operand): Feature<number> {
  return arithmetic(add, "add", x, y);
}

/** x - y in float32. Missing if either is. */
export function sub(x: Operand, y: Operand): Feature<number> {
  return arithmetic(sub, "subtract", x, y);
}

/** x · y in float32. Missing if either is. */
export function mul(x: Operand, y: Operand): Feature<number> {
  return arithmetic(mul, "multiply", x, y);
}

/** x / y in float32; by zero it is infinite, or NaN for 0 / 0. Missing if either is. */
export function div(x: Operand, y: Operand): Feature<number> {
  return arithmetic(div, "divide", x, y);
}

/** log(1 + x): NaN below -1, -Infinity at -1. Missing stays missing. Source: tf.math.log1p. */
export function log1p(x: Feature<number>): Feature<number> {
  return scalar("float", { op: "log1p" }, [float(log1p, x)]);
}

/** Bounds of `clip`; at least one of them. */
export interface ClipOptions {
  readonly min?: number;
  readonly max?: number;
}

/** Moves values below `min` up to it and above `max` down to it. NaN stays NaN, missing stays missing. */
export function clip(x: Feature<number>, options: ClipOptions): Feature<number> {
  const min = options.min === undefined ? null : finite(clip, "min", options.min);
  const max = options.max === undefined ? null : finite(clip, "max", options.max);
  if (min === null && max === null) throw wrongUse(clip, "min, max or both must be given");
  if (min !== null && max !== null && min > max) {
    throw wrongUse(clip, `min must not be above max: they are ${min} and ${max}`);
  }
  return scalar("float", { op: "clip", min, max }, [float(clip, x)]);
}

function arithmetic(callee: Callee, op: ArithmeticNode["op"], x: Operand, y: Operand): Feature<number> {
  return scalar("float", { op }, [operand(callee, x), operand(callee, y)]);
}
