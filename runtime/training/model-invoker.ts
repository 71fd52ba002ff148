import type { Json } from "../model/mod.ts";
import type { ModelDefinition } from "./layers/mod.ts";

/**
 * Calls a user's `model` function in the sandbox and hands back its definition as data.
 * @param argument ModelFeatures.
 * @throws {TypeError} it is no function, or what it returned is no model.
 */
export function invoke(modelFunction: unknown, argument: Json): Json {
  if (typeof modelFunction !== "function") {
    throw new TypeError(`Cannot build the model as its export must be a function: it is ${kindOf(modelFunction)}`);
  }
  const returned: unknown = modelFunction(argument);
  if (!isDefinition(returned)) {
    throw new TypeError(
      `Cannot train what ${modelFunction.name || "the model function"}() returned: it must be the result of ` +
        `model({ inputs, output, … }) and is ${kindOf(returned)}${hint(returned)}`,
    );
  }
  return returned as unknown as Json;
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
  if (value === undefined) return ": is a return missing?";
  if (value instanceof Promise) return ": the function must not be async";
  return "";
}
