import type { Server } from "@grpc/grpc-js";

/**
 * Adds gRPC reflection to a server, so that `grpcurl` and the like can call it without our proto files. The
 * descriptors are a module of ours, since a package has no .proto files where a loader would look for them.
 * Loaded here: the libraries take 50 ms that an agent's start can do without.
 * @param service Full name of the service that the server has beside health.
 */
export async function addReflectionService(server: Server, service: string): Promise<void> {
  const [{ ReflectionService }, { loadFileDescriptorSetFromBuffer, loadSync }, { protoPath }, { descriptorSetBase64 }] =
    await Promise.all([
      import("@grpc/reflection"),
      import("@grpc/proto-loader"),
      import("grpc-health-check"),
      import("../../contracts/millrace/descriptor-set.ts"),
    ]);
  const own = loadFileDescriptorSetFromBuffer(Buffer.from(descriptorSetBase64, "base64"));
  const services = [service, "grpc.health.v1.Health"];
  new ReflectionService({ ...own, ...loadSync(protoPath) }, { services }).addToServer(server);
}
