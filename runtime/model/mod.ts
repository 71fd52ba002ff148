export * from "./artifact-type.ts";
export * from "./canonical-json.ts";
export * from "./dataset-event.ts";
export * from "./destination.ts";
export * from "./digest.ts";
export * from "./errors.ts";
export * from "./process-role.ts";
export * from "./token.ts";
