export * from "./nats-server/mod.ts";
