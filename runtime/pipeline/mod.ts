export * from "./declaration.ts";
export * from "./standard/mod.ts";
