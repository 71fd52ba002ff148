export * from "./blessing.ts";
export * from "./fan-out.ts";
export * from "./journal-writer.ts";
export * from "./push.ts";
export * from "./run-end.ts";
