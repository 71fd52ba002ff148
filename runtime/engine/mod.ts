export * from "./engine.ts";
export * from "./examples.ts";
