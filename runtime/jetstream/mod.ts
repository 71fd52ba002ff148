export { type DialOptions, placeOf } from "./dial.ts";
export { connectLog, type ConnectOptions, type JetStreamLog } from "./jetstream-log.ts";
export { isNewEnough, oldestServer } from "./server-version.ts";
