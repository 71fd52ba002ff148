export * from "./blessing.ts";
export * from "./metric-name.ts";
export * from "./metrics.ts";
export * from "./predictions.ts";
export * from "./slice.ts";
export * from "./thresholds.ts";
export { confusionBySlice, type ConfusionCell } from "./confusion-matrix.ts";
