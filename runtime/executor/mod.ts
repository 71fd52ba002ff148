export { bundleUserFunction, stopBundler, type BundleFiles, type BundleOptions } from "./bundle.ts";
export { bundleModule, bundleSourceMap, codeArtifactType } from "./bundle-files.ts";
export { networkIsolation, type NetworkIsolation } from "./isolation.ts";
export type { SandboxLimits } from "./sandbox-process.ts";
export { sandboxedFunction, type SandboxedFunction, type UserFunctionOptions } from "./user-function.ts";
export { cancelledBy, type ExecutionControls, type ExecutionHandler } from "./execution.ts";
export { type SpawnOptions } from "./executor-child.ts";
export {
  executorAddressVariable,
  ExecutorClient,
  type ExecuteOptions,
  type ExecutorClientOptions,
} from "./executor-client.ts";
export { type ListeningMessage, runExecutorProcess } from "./executor-process.ts";
export { listen, startExecutorServer, type ExecutorServer, type ExecutorServerOptions } from "./executor-server.ts";
export { errorOfExecution, executionFailed, failureOf, stderrTailBytesMax } from "./failure.ts";
export { addHealthService, type HealthStatuses } from "./health.ts";
export { logLevels, type ExecutionReport, type LogLevel, type Reporter } from "./reporter.ts";
