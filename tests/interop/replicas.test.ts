import { credentials } from "@grpc/grpc-js";
import {
  ComponentServiceClient,
  type DescribeResponse,
  type DrainResponse,
  type StatusResponse,
} from "millrace/contracts/millrace/component/v1/component.ts";
import { ControlServiceClient, type PublishDatasetResponse } from "millrace/contracts/millrace/control/v1/control.ts";
import { runIdOf } from "millrace/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer, healthOf, servicesOf } from "../support/grpc.ts";
import { countByNode, type RunEvent, wholeRun } from "../support/run-events.ts";
import { Workplace } from "../support/workplace.ts";

const replicated = { "example-gen": "examples", "statistics-gen": "statistics", trainer: "model" } as const;
const nodes = [
  "examples",
  "statistics",
  "schema",
  "anomalies",
  "features",
  "model",
  "evaluation",
  "blessing",
  "pushed",
];
const ids = ["one", "two", "three", "four", "five", "six"];

let work: Workplace;
let runs: readonly (readonly RunEvent[])[];

beforeAll(async () => {
  work = new Workplace({ MILLRACE_SLOTS: "1" });
  work.copyExample("penguins", "penguins", {
    "pipeline.ts": [
      ["csvExampleGen({", "csvExampleGen({ cache: false,"],
      ["statisticsGen({", "statisticsGen({ cache: false,"],
      ["trainer({", "trainer({ cache: false,"],
      ["epochs: 30", "epochs: 5"],
      ["accuracy: { min: 0.9 }", "accuracy: { min: 0.1 }"],
    ],
  });
  const up = await work.millrace("up", ...Object.keys(replicated).flatMap((name) => ["--replicas", `${name}=2`]));
  expect(up.status, up.stderr).toBe(0);
  await work.json("pipeline", "register", "penguins/pipeline.ts");
  await Promise.all(ids.map((id) => work.publishPlainly("penguins", datasetEvent(id))));
  runs = await Promise.all(ids.map((id) => wholeRun(work.stack().natsUrl, runOf(id))));
});

afterAll(() => work[Symbol.asyncDispose]());

function datasetEvent(id: string): string {
  const type = "millrace.dataset.published.v1";
  return JSON.stringify({ specversion: "1.0", id, source: "test", type, data: { uri: "penguins/penguins.csv" } });
}

function runOf(id: string): string {
  return runIdOf("penguins", { source: "test", sourceEventId: id });
}

function agent(name: string): ComponentServiceClient {
  return new ComponentServiceClient(work.addressOf(name), credentials.createInsecure());
}

function statusOf(name: string): Promise<StatusResponse> {
  const client = agent(name);
  return answer<StatusResponse>(client, (callback) => client.status({}, callback));
}

describe("several runs at once, with two replicas of some services", () => {
  it("all succeed, and every node is completed once", () => {
    const once = Object.fromEntries(nodes.map((node) => [node, 1]));
    for (const run of runs) {
      expect(run.at(-1)?.type).toBe("runSucceeded");
      expect(countByNode(run, "completed")).toEqual(once);
      expect(countByNode(run, "failed")).toEqual({});
    }
  });

  it.each(Object.entries(replicated))("are shared by both %ss, each claim won by one of them", async (name, node) => {
    const won = await Promise.all(
      [name, `${name}-2`].map(async (replica) => Number((await statusOf(replica)).claimsWon)),
    );
    expect(Math.min(...won)).toBeGreaterThan(0);
    const claims = runs.map((run) => countByNode(run, "claimed")[node]);
    expect(claims).toEqual(ids.map(() => 1));
    expect(won.reduce((sum, each) => sum + each)).toBe(ids.length);
  });
});

describe("what a service answers over gRPC", () => {
  it("is alive and ready, and lists what it serves", async () => {
    for (const { name, address } of work.stack().services.filter((service) => service.name !== "serving")) {
      const service =
        name === "ingest" ? "millrace.control.v1.ControlService" : "millrace.component.v1.ComponentService";
      const health = await Promise.all(["", "liveness", "readiness", service].map((asked) => healthOf(address, asked)));
      expect(health, name).toEqual(Array(4).fill("SERVING"));
      expect(await servicesOf(address), name).toEqual([service, "grpc.health.v1.Health"]);
    }
  });

  it("describes its component", async () => {
    const client = agent("trainer");
    const described = await answer<DescribeResponse>(client, (callback) => client.describe({}, callback));
    expect(described).toMatchObject({ name: "trainer", outputs: [{ name: "model", type: "Model" }] });
    expect(described.inputs.map(({ type }) => type)).toEqual(["Examples", "TransformGraph"]);
    expect(JSON.parse(described.parametersSchemaJson)).toMatchObject({ properties: { label: { type: "string" } } });
  });

  it("publishes a dataset by ingest's ControlService, and refuses a cancel of a run that never was", async () => {
    const control = () => new ControlServiceClient(work.addressOf("ingest"), credentials.createInsecure());
    const event = { dataset: "penguins", source: "test", id: "by-grpc", uri: "penguins/penguins.csv" };
    const [publishing, cancelling] = [control(), control()];
    const published = await answer<PublishDatasetResponse>(publishing, (callback) =>
      publishing.publishDataset({ ...event, format: "", digest: "", noCache: false }, callback),
    );
    expect(published.sequence).toBeGreaterThan(0n);
    const run = await wholeRun(work.stack().natsUrl, runOf("by-grpc"));
    expect(run.at(-1)?.type).toBe("runSucceeded");
    const cancelled = answer(cancelling, (callback) =>
      cancelling.cancelRun({ pipeline: "penguins", run: "0".repeat(32), reason: "", waitMs: 0 }, callback),
    );
    await expect(cancelled).rejects.toThrow("never started");
  });

  it("drains a replica: it finishes, is not ready any more, and the other does all the work", async () => {
    const client = agent("trainer-2");
    const drained = await answer<DrainResponse>(client, (callback) => client.drain({ deadlineMs: 10_000n }, callback));
    expect(drained).toMatchObject({ finished: 0, returned: 0 });
    const address = work.addressOf("trainer-2");
    expect([await healthOf(address, "liveness"), await healthOf(address, "readiness")]).toEqual([
      "SERVING",
      "NOT_SERVING",
    ]);
    const before = await statusOf("trainer");
    await work.publishPlainly("penguins", datasetEvent("after-drain"));
    expect((await wholeRun(work.stack().natsUrl, runOf("after-drain"))).at(-1)?.type).toBe("runSucceeded");
    expect((await statusOf("trainer")).claimsWon).toBe(before.claimsWon + 1n);
    expect(await statusOf("trainer-2")).toMatchObject({ draining: true, executions: [] });
  });
});
