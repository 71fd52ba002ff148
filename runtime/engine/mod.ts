export * from "./engine.ts";
export * from "./engine-environment.ts";
export { clickhouseCode } from "./engine-error.ts";
export * from "./examples.ts";
export * from "./feature-column.ts";
export * from "./open-engine.ts";
export * from "./sql.ts";
export * from "./write-split.ts";
