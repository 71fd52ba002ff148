import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { credentials, loadPackageDefinition, type Client, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath as healthProto } from "grpc-health-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ComponentServiceClient, type DescribeResponse } from "../contracts/millrace/component/v1/component.ts";
import { trainerDeclaration } from "../pipeline/mod.ts";
import { startAgentServer } from "./agent-server.ts";
import type { ServiceServer } from "./grpc/service-server.ts";
import type { AgentStatus } from "./grpc/component-service.ts";

const reflectionProto = join(
  dirname(createRequire(import.meta.url).resolve("@grpc/reflection/package.json")),
  "build/proto/grpc/reflection/v1/reflection.proto",
);

/** A client made from a proto file at run time, as outside tools have it. */
type DynamicClient = Client & Readonly<Record<string, (...args: unknown[]) => unknown>>;

function dynamicClient(protoFile: string, service: string, address: string): DynamicClient {
  let found: unknown = loadPackageDefinition(loadSync(protoFile, { keepCase: true }));
  for (const name of service.split(".")) found = (found as Readonly<Record<string, unknown>>)[name];
  const Constructor = found as new (address: string, credentials: unknown) => DynamicClient;
  return new Constructor(address, credentials.createInsecure());
}

function answer<T>(ask: (callback: (error: ServiceError | null, response: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, response) => (error === null ? resolve(response) : reject(error)));
  });
}

const idleAgent: AgentStatus = {
  executions: () => [],
  slots: 1,
  draining: () => false,
  counts: { claimsWon: 0, claimsLost: 0 },
  drain: () => Promise.resolve({ finished: 0, returned: 0 }),
};

describe("startAgentServer()", () => {
  let server: ServiceServer;
  let client: ComponentServiceClient;
  const clients: Client[] = [];
  let drainedWithin: number | undefined;

  beforeEach(async () => {
    drainedWithin = undefined;
    server = await startAgentServer("127.0.0.1:0", trainerDeclaration, {
      executions: () => [{ run: "r1", node: "trainer", attempt: 2, startedAt: Date.now() - 1_500, progress: 0.25 }],
      slots: 4,
      draining: () => drainedWithin !== undefined,
      counts: { claimsWon: 9, claimsLost: 3 },
      async drain(deadlineMs) {
        drainedWithin = deadlineMs;
        return { finished: 1, returned: 2 };
      },
    });
    client = new ComponentServiceClient(server.address, credentials.createInsecure());
    clients.push(client);
  });
  afterEach(async () => {
    for (const each of clients.splice(0)) each.close();
    await server.close();
  });

  const health = async (service: string): Promise<string> => {
    await server.complete;
    const asking = dynamicClient(healthProto, "grpc.health.v1.Health", server.address);
    clients.push(asking);
    const checked = await answer<{ status: string | number }>((callback) => asking["Check"]?.({ service }, callback));
    return checked.status === 1 || checked.status === "SERVING" ? "SERVING" : "NOT_SERVING";
  };

  it("describes the component with the JSON schema of its parameters", async () => {
    const described = await answer<DescribeResponse>((callback) => client.describe({}, callback));
    expect(described).toMatchObject({
      name: "trainer",
      version: trainerDeclaration.version,
      outputs: [{ name: "model", type: "Model", optional: false }],
    });
    expect(JSON.parse(described.parametersSchemaJson)).toMatchObject({
      type: "object",
      properties: { label: { type: "string" }, epochs: { type: "integer", minimum: 1, default: 10 } },
      required: ["label"],
    });
  });

  it("tells what is under way", async () => {
    const told = await answer<{ executions: { runningMs: bigint }[] }>((callback) => client.status({}, callback));
    expect(told).toMatchObject({
      executions: [{ run: "r1", node: "trainer", attempt: 2, progress: 0.25 }],
      slots: 4,
      draining: false,
      claimsWon: 9n,
      claimsLost: 3n,
    });
    expect(told.executions[0]?.runningMs).toBeGreaterThanOrEqual(1_500n);
  });

  it("drains within the deadline that was asked for", async () => {
    const drained = await answer((callback) => client.drain({ deadlineMs: 250n }, callback));
    expect(drained).toMatchObject({ finished: 1, returned: 2 });
    expect(drainedWithin).toBe(250);
  });

  it("is alive and ready, and then alive but not ready", async () => {
    expect([await health("liveness"), await health("readiness"), await health("")]).toEqual([
      "SERVING",
      "SERVING",
      "SERVING",
    ]);
    server.notServing();
    await expect.poll(() => health("readiness")).toBe("NOT_SERVING");
    expect([await health("liveness"), await health("")]).toEqual(["SERVING", "NOT_SERVING"]);
  });

  it("lists and describes its services by reflection", async () => {
    await server.complete;
    const asking = dynamicClient(reflectionProto, "grpc.reflection.v1.ServerReflection", server.address);
    clients.push(asking);
    const stream = asking["ServerReflectionInfo"]?.() as NodeJS.ReadWriteStream & { write(message: unknown): void };
    stream.write({ list_services: "*" });
    stream.write({ file_containing_symbol: "millrace.component.v1.ComponentService" });
    stream.end();
    const answers: unknown[] = [];
    for await (const response of stream) answers.push(response);
    expect(answers[0]).toMatchObject({
      list_services_response: {
        service: [{ name: "millrace.component.v1.ComponentService" }, { name: "grpc.health.v1.Health" }],
      },
    });
    const { file_descriptor_response: files } = answers[1] as {
      file_descriptor_response: { file_descriptor_proto: Buffer[] };
    };
    expect(files.file_descriptor_proto[0]?.toString("latin1")).toContain("parameters_schema_json");
  });

  it("says which address it can't listen on", async () => {
    await expect(startAgentServer(server.address, trainerDeclaration, idleAgent)).rejects.toMatchObject({
      code: "cannot-listen",
      message: expect.stringContaining(server.address) as string,
    });
  });
});
