export * from "./log.ts";
export * from "./subject.ts";
