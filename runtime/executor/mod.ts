export { bundleUserFunction, stopBundler, type BundleFiles, type BundleOptions } from "./bundle.ts";
export { bundleModule, bundleSourceMap, codeArtifactType } from "./bundle-files.ts";
export { networkIsolation, type NetworkIsolation } from "./isolation.ts";
export type { SandboxLimits } from "./sandbox-process.ts";
export { sandboxedFunction, type SandboxedFunction, type UserFunctionOptions } from "./user-function.ts";
