export * from "./execution-context.ts";
export * from "./test-model.ts";
