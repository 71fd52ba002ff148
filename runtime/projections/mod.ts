export * from "./artifacts.ts";
export * from "./derived.ts";
export * from "./lineage.ts";
export * from "./pipelines.ts";
export * from "./read-chain.ts";
export * from "./run.ts";
export * from "./run-view.ts";
export * from "./runs.ts";
