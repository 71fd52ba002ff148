export type { Compared } from "./compared.ts";
export { featureValues, type FeatureValues } from "./feature-values.ts";
export * from "./run-difference.ts";
export type { SplitStatistics } from "./statistics-difference.ts";
