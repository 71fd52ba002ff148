// For Millrace's own services and command line; what a component's author needs is in mod.ts.
export { durableName } from "./agent/agent.ts";
export { startExecution } from "./agent/start-execution.ts";
export { type ServiceServer, startServiceServer } from "./grpc/service-server.ts";
export { readServiceConfig, type ServiceConfig } from "./service-config.ts";
export { runService, type StartedService } from "./service-process.ts";
