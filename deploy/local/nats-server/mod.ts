export { type BinaryOptions, findNatsServer, natsServerBinary } from "./binary.ts";
export type { LaunchOptions } from "./launch.ts";
export { type NatsServer, startNatsServer } from "./server.ts";
export { type UsableServer, useNatsServer } from "./use.ts";
