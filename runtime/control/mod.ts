export * from "./register-pipeline.ts";
