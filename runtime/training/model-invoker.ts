import type { Json } from "../model/mod.ts";
import type { ModelDefinition, ModelFeatures } from "./layers/mod.ts";

/**
 * Calls a user's `model` function in the sandbox: the module that `UserFunction.call` loads beside the user's code.
 * What the function itself throws passes through, so that its stack stays whole.
 *
 * @param argument ModelFeatures.
 * @returns The ModelDefinition that the function returned.
 * @throws {BadModel} it is no function, or returned something else; the stack shows where the function began.
 */
export function invoke(modelFunction: unknown, argument: Json): Json {
  if (typeof modelFunction !== "function") {
    throw new BadModel(`Cannot build the model as its export must be a function: it is ${kindOf(modelFunction)}`);
  }
  const place: Place = {};
  const returned: unknown = modelFunction(watched(argument as unknown as ModelFeatures, place));
  if (isDefinition(returned)) return returned as unknown as Json;
  throw new BadModel(
    `Cannot train what ${modelFunction.name || "the function"} returned as it must be the result of ` +
      `model({ inputs, output, … }): it is ${kindOf(returned)}${hint(returned)}`,
    place.stack,
  );
}

/** What a user's function returned is no model; its code becomes the execution's. */
class BadModel extends TypeError {
  readonly code = "bad-model";

  /** @param stack Of the user's function, which has ended by now. */
  constructor(message: string, stack?: string) {
    super(message);
    if (stack !== undefined) this.stack = stack.replace(/^.*/, `TypeError: ${message}`);
  }
}

interface Place {
  stack?: string;
}

/** The same features, noting where they are first read: a line of the user's function. */
function watched(argument: ModelFeatures, place: Place): ModelFeatures {
  const note = <Value>(value: Value): Value => {
    place.stack ??= new Error("read here").stack ?? "";
    return value;
  };
  return {
    get features() {
      return note(argument.features);
    },
    get label() {
      return note(argument.label);
    },
  };
}

/** By its format field: each bundle has its own copy of the layers, so classes would not do. */
function isDefinition(value: unknown): value is ModelDefinition {
  return typeof value === "object" && value !== null && "format" in value && value.format === "millrace.model/1";
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  if (value instanceof Promise) return "a promise";
  return "className" in value ? "a layer" : "another object";
}

function hint(value: unknown): string {
  if (value === undefined) return "; is a return missing?";
  return value instanceof Promise ? "; drop async" : "";
}
