export * from "./server-version.ts";
