export { startExecution } from "./agent/start-execution.ts";
export { durableName } from "./agent/agent.ts";
export * from "./component.ts";
export { planReader, storePlan } from "./plan-artifact.ts";
export { serve, startComponent } from "./serve.ts";
export { readAgentConfig, readServiceConfig, type AgentConfig, type ServiceConfig } from "./service-config.ts";
export { runService, type StartedService } from "./service-process.ts";
