import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Client, credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath as healthProto } from "grpc-health-check";

const require = createRequire(import.meta.url);
const reflectionProto = join(
  dirname(require.resolve("@grpc/reflection/package.json")),
  "build/proto/grpc/reflection/v1/reflection.proto",
);

/** A client made from a .proto file at run time, as outside tools have it. */
type DynamicClient = Client & Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** Awaits a unary call, and closes its client. */
export async function answer<Response>(
  client: Client,
  call: (callback: (error: ServiceError | null, response: Response) => void) => unknown,
): Promise<Response> {
  try {
    return await new Promise((resolve, reject) => {
      call((error, response) => (error === null ? resolve(response) : reject(error)));
    });
  } finally {
    client.close();
  }
}

/** What grpc.health.v1 answers of a name, for example `SERVING`. */
export async function healthOf(address: string, service: string): Promise<string> {
  const client = dynamicClient(healthProto, "grpc.health.v1.Health", address);
  const { status } = await answer<{ status: string }>(client, (callback) => client["Check"]?.({ service }, callback));
  return status;
}

/** Names of the services that a server lists by reflection. */
export async function servicesOf(address: string): Promise<readonly string[]> {
  const client = dynamicClient(reflectionProto, "grpc.reflection.v1.ServerReflection", address);
  const stream = client["ServerReflectionInfo"]?.() as NodeJS.ReadWriteStream & { write(message: unknown): void };
  stream.write({ list_services: "*" });
  stream.end();
  try {
    for await (const reply of stream) {
      const { list_services_response: listed } = reply as unknown as {
        list_services_response: { service: readonly { name: string }[] };
      };
      return listed.service.map(({ name }) => name);
    }
    throw new Error(`${address} lists nothing`);
  } finally {
    client.close();
  }
}

function dynamicClient(protoFile: string, service: string, address: string): DynamicClient {
  let found: unknown = loadPackageDefinition(loadSync(protoFile, { keepCase: true, enums: String }));
  for (const name of service.split(".")) found = (found as Readonly<Record<string, unknown>>)[name];
  const Constructor = found as new (address: string, credentials: unknown) => DynamicClient;
  return new Constructor(address, credentials.createInsecure());
}
