import { Server } from "@grpc/grpc-js";
import type { HealthImplementation, ServingStatus } from "grpc-health-check";
import { addHealthService, listen } from "../../executor/mod.ts";
import { addReflectionService } from "./reflection.ts";

/** The gRPC server of a service. */
export interface ServiceServer {
  /** Where it listens, with the port it got. */
  readonly address: string;
  /** Settles when health and reflection answer too; they are loaded after the start, which they would slow. */
  readonly complete: Promise<void>;
  /** Says that it takes no more work; it goes on living and answering. */
  notServing(): void;
  /** Lets calls under way end, within a bound. */
  close(): Promise<void>;
}

/** Longest a closing server waits for calls under way, in milliseconds. */
const closeTimeoutMs = 1_000;

/**
 * Serves a service's gRPC, with health and reflection beside it. Health's names: `liveness` is SERVING as long as the
 * process answers; `readiness`, the service and "" are SERVING while it takes work.
 * @param address Host and port; port 0 takes a free one.
 * @param service Full name of its service, for example `millrace.component.v1.ComponentService`.
 * @param add Adds the service.
 * @throws {Terminal} `cannot-listen`.
 */
export async function startServiceServer(
  address: string,
  service: string,
  add: (server: Server) => void,
): Promise<ServiceServer> {
  const server = new Server();
  add(server);
  const bound = await listen(server, address);

  let ready: ServingStatus = "SERVING";
  const health = addHealthService(server, { liveness: "SERVING" });
  const tell = (implementation: HealthImplementation) => {
    for (const name of ["", "readiness", service]) implementation.setStatus(name, ready);
  };
  const complete = Promise.all([health.then(tell), addReflectionService(server, service)]).then(() => undefined);
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
