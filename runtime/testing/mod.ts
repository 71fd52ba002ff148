export { historyRun, writeHistories } from "./history/write-histories.ts";
export * from "./copy-entry.ts";
export * from "./execution-context.ts";
export * from "./memory-stack.ts";
export * from "./model-stack.ts";
export * from "./plans.ts";
export * from "./test-model.ts";
