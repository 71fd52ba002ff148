import { isCode } from "./code.ts";
import { compileError } from "./compile-error.ts";
import type { Pipeline } from "./pipeline.ts";

/** A user function that a node names. */
export interface CodeUse {
  readonly node: string;
  readonly parameter: string;
  /** Import specifier, relative to the pipeline's file. */
  readonly module: string;
  readonly exportName: string;
}

/**
 * The user functions of a pipeline, in the order of its nodes: what must be bundled before it can be compiled.
 * @throws {Terminal} `bad-code`: a function is missing, or not given as `code(…)`.
 */
export function codeUses(pipeline: Pipeline): readonly CodeUse[] {
  return [...pipeline.nodes].flatMap(([node, { declaration, given }]) =>
    Object.entries(declaration.functions).flatMap(([parameter, port]): CodeUse[] => {
      const value = given[parameter];
      if (isCode(value)) return [{ node, parameter, module: value.module, exportName: value.exportName ?? parameter }];
      if (value === undefined && port.optional) return [];
      const want = `function "${parameter}" must be given as code(() => import("./module.ts"))`;
      throw compileError("bad-code", { node, declaration }, parameter, want);
    }),
  );
}
