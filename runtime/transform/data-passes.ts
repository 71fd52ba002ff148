/**
 * What passes over data. It is loaded at the call, since it needs the engine: model servers and user code import this
 * folder too.
 */

type Passes = typeof import("./pass/transform-examples.ts") &
  typeof import("./pass/analysis.ts") &
  typeof import("./pass/materialization.ts");

/** Traces, analyzes and transforms Examples: all of the Transform component's work. See `pass/transform-examples.ts`. */
export const transformExamples: Passes["transformExamples"] = async (request) =>
  (await import("./pass/transform-examples.ts")).transformExamples(request);

/** Answers a graph's analyzers. See `pass/analysis.ts`. */
export const analyze: Passes["analyze"] = async (...request) =>
  (await import("./pass/analysis.ts")).analyze(...request);

/** Writes the transformed rows of a split. See `pass/materialization.ts`. */
export const materialize: Passes["materialize"] = async (...request) =>
  (await import("./pass/materialization.ts")).materialize(...request);
