import { artifactTypes } from "../model/mod.ts";

/** Where a handle's artifact comes from: an output of a node, the run's dataset, or a query at the time of the claim. */
export type Origin =
  | { readonly kind: "source" }
  | { readonly kind: "output"; readonly node: object; readonly output: string }
  | { readonly kind: "resolver"; readonly resolver: string };

/** An artifact that a run will have. `Type` is what makes wiring a Schema where Examples are wanted a type error. */
export interface Handle<Type extends string = string> {
  readonly type: Type;
  readonly origin: Origin;
}

/** The dataset that started the run. */
export const sourceHandle: Handle<"Dataset"> = { type: "Dataset", origin: { kind: "source" } };

/**
 * The pipeline's last blessed model other than the candidate itself; absent until there is one.
 * Pinned when the node is claimed. Source: TFX's LatestBlessedModel resolver.
 */
export function lastBlessed(): Handle<"Model"> {
  return { type: "Model", origin: { kind: "resolver", resolver: "last-blessed-model" } };
}

/** Whether a value is a handle, whichever copy of this library made it. */
export function isHandle(value: unknown): value is Handle {
  return typeof value === "object" && value !== null && "type" in value && "origin" in value;
}

/** How messages show a type: a standard one as it is, another in quotes. */
export function typeName(type: string): string {
  return (artifactTypes as readonly string[]).includes(type) ? type : JSON.stringify(type);
}
