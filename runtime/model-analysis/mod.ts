export * from "./blessing.ts";
export * from "./classifier.ts";
export * from "./evaluate-classifier.ts";
export * from "./evaluation-files.ts";
export * from "./metric-name.ts";
export * from "./metrics.ts";
export * from "./slice.ts";
export * from "./thresholds.ts";
