export { KeptRunIndex } from "./kept-run-index.ts";
export { RunIndex } from "./run-index.ts";
export type { RunSummary } from "./run-summary.ts";
