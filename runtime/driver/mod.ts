export * from "./budget.ts";
export * from "./cache-key.ts";
export * from "./decide-node.ts";
export * from "./fan-out.ts";
export * from "./inputs.ts";
export * from "./plans.ts";
export * from "./read-run.ts";
export * from "./snapshot.ts";
