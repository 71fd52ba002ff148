import { Terminal } from "../model/mod.ts";
import type { Declaration } from "./declaration.ts";
import type { NodeOptions } from "./node.ts";

/** A node as the author placed it, before it has a name. */
export interface DraftNode {
  readonly declaration: Declaration;
  /** Inputs, parameters, functions and options, as given. */
  readonly given: Readonly<Record<string, unknown>> & NodeOptions;
}

// Set while a pipeline's function runs, which is synchronous: so that a node nobody returns is not lost.
let current: DraftNode[] | undefined;

/** Runs a pipeline's function and gathers the nodes it places, in order. */
export function gatherNodes<Result>(place: () => Result): { readonly result: Result; readonly nodes: DraftNode[] } {
  if (current !== undefined)
    throw new Terminal("nested-pipeline", "Cannot define a pipeline inside another's function");
  const nodes: DraftNode[] = [];
  current = nodes;
  try {
    return { result: place(), nodes };
  } finally {
    current = undefined;
  }
}

/** @throws {Terminal} `outside-pipeline`: no pipeline's function is running. */
export function placeNode(node: DraftNode): void {
  if (current === undefined) {
    throw new Terminal(
      "outside-pipeline",
      `Cannot place ${node.declaration.name} here: call it inside the function given to pipeline(…)`,
    );
  }
  current.push(node);
}
