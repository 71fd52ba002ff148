import { openArtifactStore, planReader } from "../../artifacts/mod.ts";
import { createPlans } from "../../driver/mod.ts";
import { ExecutorClient } from "../../executor/mod.ts";
import { connectLog, type JetStreamLog } from "../../jetstream/mod.ts";
import { subjectsOf } from "../../log/mod.ts";
import { targetToken, toMillraceError } from "../../model/mod.ts";
import type { Logger } from "pino";
import { startAgent } from "./agent.ts";
import type { AgentContext } from "./context.ts";
import { createRunningSet } from "./running.ts";
import { createSlots } from "./slots.ts";
import { startAgentServer } from "../agent-server.ts";
import type { Component } from "../component.ts";
import type { ServiceServer } from "../grpc/service-server.ts";
import { readAgentConfig } from "../service-config.ts";
import type { AgentConfig } from "../service-config.ts";
import { runService } from "../service-process.ts";
import type { StartedService } from "../service-process.ts";

/** Longest a stopping agent lets its executions end before it returns them to others, in milliseconds. */
const drainDeadlineMs = 3_000;

/** The agent role of a component's process: serves until it is told to stop. */
export async function serveAgent(component: Component): Promise<void> {
  const { name } = component.declaration;
  await runService(name, process.env["MILLRACE_LOG_LEVEL"] ?? "info", (logger) =>
    startComponent(component, readAgentConfig(process.env, component.declaration), logger),
  );
}

/** Starts a component's agent. @returns once its consumers exist and its gRPC answers. */
async function startComponent(component: Component, config: AgentConfig, logger: Logger): Promise<StartedService> {
  const { declaration } = component;
  const log = await connectLog({
    url: config.natsUrl,
    namespace: config.namespace,
    name: declaration.name,
    notice: (sentence) => logger.warn(sentence),
  });
  const store = openArtifactStore(config.store);
  const executor = new ExecutorClient({
    executor: config.executorAddress ? { address: config.executorAddress } : { spawn: { main: process.argv[1] ?? "" } },
  });
  const context: AgentContext = {
    declaration,
    environment: { componentVersion: declaration.version, ...component.environment() },
    log,
    subjects: subjectsOf(config.namespace),
    store,
    plans: createPlans(log, planReader(store)),
    executor,
    running: createRunningSet(),
    slots: createSlots(config.slots),
    counts: { claimsWon: 0, claimsLost: 0, reused: 0, undecodable: 0 },
    logger,
    destinationOf,
  };
  const agent = await startAgent(context, config);
  void retireOldDurables(log, declaration.name, agent.durables, logger);
  const server: ServiceServer = await startAgentServer(config.grpcAddress, declaration, {
    executions: () => [...context.running.all.values()],
    slots: config.slots,
    draining: () => agent.draining,
    counts: context.counts,
    drain(deadlineMs) {
      server.notServing();
      return agent.drain(deadlineMs);
    },
  });
  return {
    address: server.address,
    async stop() {
      server.notServing();
      await agent.drain(drainDeadlineMs);
      await executor.close();
      await log[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** An earlier version with other filters had a durable of another name; it goes once nothing is left in it. */
async function retireOldDurables(
  log: JetStreamLog,
  name: string,
  durables: readonly string[],
  logger: Logger,
): Promise<void> {
  try {
    for (const prefix of [name, `${name}-control`]) await log.retireDurables(prefix, durables);
  } catch (thrown) {
    logger.warn({ err: toMillraceError(thrown) }, "could not look for drained durables of earlier versions");
  }
}

/** The destination that a pushing component names in its parameter `to`, as a subject token. */
function destinationOf(parametersJson: string): string {
  const { to } = JSON.parse(parametersJson) as { readonly to?: string };
  return targetToken(to ?? "");
}
