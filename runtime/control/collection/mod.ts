export type { Garbage } from "./candidates.ts";
export * from "./collect.ts";
export * from "./pin.ts";
export type { TrashReport } from "./settle-trash.ts";
export * from "./store-keeper.ts";
export { readRetention } from "./write-retention.ts";
