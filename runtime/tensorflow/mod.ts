export { type Backend, type Layers, openBackend, type TensorFlow } from "./backend.ts";
export { type BackendEnvironment, backendEnvironment, type BackendName } from "./backend-environment.ts";
export * from "./example/mod.ts";
