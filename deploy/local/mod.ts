export * from "./nats-server/mod.ts";
export * from "./stack/mod.ts";
