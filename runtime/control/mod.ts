export * from "./announce-dataset.ts";
export * from "./cancel-run.ts";
export type { DerivedRun, DerivingContext } from "./derived-run.ts";
export * from "./fork-run.ts";
export * from "./judge-reproduction.ts";
export * from "./register-pipeline.ts";
export * from "./reproduce-run.ts";
export * from "./request-cancel.ts";
export * from "./resume-run.ts";
