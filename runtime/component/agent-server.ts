import { ComponentServiceService } from "../contracts/millrace/component/v1/component.ts";
import type { Declaration } from "../pipeline/mod.ts";
import { componentService, type AgentStatus } from "./grpc/component-service.ts";
import { type ServiceServer, startServiceServer } from "./grpc/service-server.ts";

/**
 * Serves an agent's gRPC: ComponentService, health and reflection.
 * @param address Host and port; port 0 takes a free one.
 * @throws {Terminal} `cannot-listen`.
 */
export function startAgentServer(
  address: string,
  declaration: Declaration,
  agent: AgentStatus,
): Promise<ServiceServer> {
  return startServiceServer(address, "millrace.component.v1.ComponentService", (server) =>
    server.addService(ComponentServiceService, componentService(declaration, agent)),
  );
}
