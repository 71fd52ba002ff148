import { Server } from "@grpc/grpc-js";
import type { HealthImplementation, ServingStatus } from "grpc-health-check";
import { ComponentServiceService } from "../contracts/millrace/component/v1/component.ts";
import { addHealthService, listen } from "../executor/mod.ts";
import type { Declaration } from "../pipeline/mod.ts";
import { componentService, type AgentStatus } from "./grpc/component-service.ts";
import { addReflectionService } from "./grpc/reflection.ts";

/** An agent's gRPC server. */
export interface AgentServer {
  /** Where it listens, with the port it got. */
  readonly address: string;
  /** Settles when health and reflection answer too; they are loaded after the start, which they would slow. */
  readonly complete: Promise<void>;
  /** Says that it takes no more work; it goes on living and answering. */
  notServing(): void;
  /** Lets calls under way end, within a bound. */
  close(): Promise<void>;
}

/**
 * Health's service names: `liveness` is SERVING as long as the process answers; `readiness`, the component's service
 * and "" are SERVING while it takes work.
 */
const readyNames = ["", "readiness", "millrace.component.v1.ComponentService"];

/** Longest a closing server waits for calls under way, in milliseconds. */
const closeTimeoutMs = 1_000;

/**
 * Serves an agent's gRPC: ComponentService, health and reflection.
 * @param address Host and port; port 0 takes a free one.
 * @throws {Terminal} `cannot-listen`.
 */
export async function startAgentServer(
  address: string,
  declaration: Declaration,
  agent: AgentStatus,
): Promise<AgentServer> {
  const server = new Server();
  server.addService(ComponentServiceService, componentService(declaration, agent));
  const bound = await listen(server, address);

  let ready: ServingStatus = "SERVING";
  const health = addHealthService(server, { liveness: "SERVING" });
  const tell = (implementation: HealthImplementation) => {
    for (const name of readyNames) implementation.setStatus(name, ready);
  };
  const complete = Promise.all([health.then(tell), addReflectionService(server)]).then(() => undefined);
  return {
    address: bound,
    complete,
    notServing() {
      ready = "NOT_SERVING";
      void health.then(tell);
    },
    async close() {
      await complete;
      await shutDown(server);
    },
  };
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, closeTimeoutMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
