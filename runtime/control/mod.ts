export * from "./cancel-run.ts";
export * from "./register-pipeline.ts";
export * from "./request-cancel.ts";
export * from "./resume-run.ts";
