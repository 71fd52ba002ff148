export { type DataDirectory, dataDirectory, findDataDirectory } from "./data-directory.ts";
export { serviceEnvironment } from "./environment.ts";
export { type HeldStackOptions, startHeldStack, stopHeldStack } from "./held-stack.ts";
export { moduleOptions } from "./module-path.ts";
export { findRunningStack, type RunningStack } from "./running-stack.ts";
export type { Crash, ServiceProcess } from "./service-process.ts";
export { type ServiceSpec, standardServiceNames, standardServices } from "./services.ts";
export { type Stack, type StackOptions, startStack } from "./stack.ts";
