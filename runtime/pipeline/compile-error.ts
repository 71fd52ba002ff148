import { Terminal } from "../model/mod.ts";
import type { Declaration } from "./declaration.ts";

/** Where in a pipeline something is wrong. */
export interface NodePlace {
  readonly node: string;
  readonly declaration: Declaration;
}

/** An error about one node of a pipeline, naming it, its component and the field. */
export function compileError(code: string, { node, declaration }: NodePlace, field: string, what: string): Terminal {
  return new Terminal(code, `Cannot compile node "${node}" (${declaration.name}): ${what}`, {
    field: `${node}.${field}`,
  });
}
