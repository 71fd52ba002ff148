import { describe, isFeature, scalar } from "../feature.ts";
import type { Feature } from "../feature.ts";

/** The operation being called, for errors: its name, and itself so that the stack begins at its caller. */
export interface Callee {
  readonly name: string;
}

/**
 * An error of the author of `preprocessing`, whose stack begins at the line that called the operation.
 * Plain on purpose: it is thrown inside the sandbox, which reports message, file and line.
 */
export function wrongUse(callee: Callee, message: string): TypeError {
  const error = new TypeError(`Cannot call ${callee.name}: ${message}`);
  Error.captureStackTrace(error, callee as unknown as () => void);
  return error;
}

/** Checks that an argument is a handle of one value a row. */
export function one(callee: Callee, argument: unknown): Feature {
  if (!isFeature(argument)) {
    throw wrongUse(callee, `it takes a column or what another operation returned, not ${typeName(argument)}`);
  }
  if (argument.rank === 1) throw wrongUse(callee, `it takes one value a row, not ${describe(argument)}`);
  return argument;
}

/** Checks for a number and returns it as a float. */
export function float(callee: Callee, argument: unknown): Feature<number> {
  const feature = numeric(callee, argument);
  return feature.kind === "float" ? feature : toFloat(feature);
}

/** Checks for a number. */
export function numeric(callee: Callee, argument: unknown): Feature<number> {
  const feature = one(callee, argument);
  if (feature.kind === "string") throw wrongUse(callee, `it takes a number, not ${describe(feature)}`);
  return feature;
}

/** Checks for text, or an integer which is taken as its decimal text. */
export function text(callee: Callee, argument: unknown): Feature<string> {
  const feature = one(callee, argument);
  if (feature.kind === "float") {
    throw wrongUse(callee, `it takes text or integers, not ${describe(feature)}; cast it to "int", or use buckets`);
  }
  return feature.kind === "int" ? scalar("string", { op: "cast", to: "string" }, [feature]) : feature;
}

function toFloat(feature: Feature<number>): Feature<number> {
  return scalar("float", { op: "cast", to: "float" }, [feature]);
}

/** A float, or a number that stands for the same float in every row. */
export function operand(callee: Callee, argument: unknown): Feature<number> {
  if (typeof argument !== "number") return float(callee, argument);
  return scalar("float", { op: "constant", value: finite(callee, "operand", argument) });
}

/** Checks for a finite number and rounds it to float32; -0 is 0, since the graph's text has no -0. */
export function finite(callee: Callee, option: string, value: unknown): number {
  const rounded = typeof value === "number" ? Math.fround(value) + 0 : Number.NaN;
  if (!Number.isFinite(rounded)) {
    throw wrongUse(callee, `${option} must be a finite number: it is ${String(value)}`);
  }
  return rounded;
}

/** Checks for an integer not below a bound. */
export function integer(callee: Callee, option: string, value: unknown, atLeast: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < atLeast) {
    throw wrongUse(callee, `${option} must be an integer of at least ${atLeast}: it is ${String(value)}`);
  }
  return value as number;
}

function typeName(value: unknown): string {
  if (value === undefined) return "undefined (is the column's name right?)";
  return value === null ? "null" : `a ${typeof value}`;
}
