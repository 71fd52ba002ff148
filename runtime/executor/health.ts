import type { Server } from "@grpc/grpc-js";
import type { HealthImplementation, ServingStatus } from "grpc-health-check";

/** Statuses by service name; "" is the process as a whole. */
export type HealthStatuses = Readonly<Record<string, ServingStatus>>;

/**
 * Adds grpc.health.v1 to a server. The library that implements it takes 40 ms to load, so it is loaded here and not
 * with the folder.
 */
export async function addHealthService(server: Server, statuses: HealthStatuses): Promise<HealthImplementation> {
  const { HealthImplementation: Health } = await import("grpc-health-check");
  const health = new Health({ ...statuses });
  health.addToServer(server);
  return health;
}
