export * from "./read-chain.ts";
