import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { credentials } from "@grpc/grpc-js";
import { ControlServiceClient, type RollBackResponse } from "millrace/contracts/millrace/control/v1/control.ts";
import type { PushedAnswer, RunView } from "millrace/projections";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer } from "./support/grpc.ts";
import { type Edits, Workplace } from "./support/workplace.ts";

interface RolledBack {
  readonly destination: string;
  readonly from: { readonly version: number; readonly run: string };
  readonly to: { readonly version: number; readonly run: string };
  readonly version: number;
  readonly sequence: number;
  readonly changed: boolean;
}

interface Collected {
  readonly applied: boolean;
  readonly bytes: number;
  readonly artifacts: readonly { readonly digest: string; readonly type: string; readonly run: string }[];
  readonly byType: readonly { readonly pipeline: string; readonly type: string; readonly bytes: number }[];
  readonly trash: { readonly artifacts: number; readonly freed: { readonly artifacts: number } };
}

interface Status {
  readonly model_version_status: readonly {
    readonly version: string;
    readonly state: string;
    readonly pushed_model_digest: string | null;
  }[];
}

/** Every model is pushed, however little it was trained: so that there is something to go back to. */
const everyModelPushed: Edits = {
  "pipeline.ts": [
    ["epochs: 30", "epochs: 2"],
    ["accuracy: { min: 0.9 }", "accuracy: { min: 0 }"],
    ['metric: "accuracy",', 'metric: "accuracy",\n    tolerance: 1,'],
  ],
};

const rows = [
  '{"island":"Torgersen","culmen_length_mm":39.1,"culmen_depth_mm":18.7,"flipper_length_mm":181,"body_mass_g":3750,"sex":"MALE"}',
  '{"island":"Biscoe","culmen_length_mm":46.1,"culmen_depth_mm":13.2,"flipper_length_mm":211,"body_mass_g":4500,"sex":"FEMALE"}',
];

/** Longest that the model server may take to see a new version, in milliseconds. */
const patienceMs = 15_000;

let work: Workplace;
let first: RunView;
let second: RunView;
let predictedByFirst: unknown;

beforeAll(async () => {
  work = new Workplace();
  work.copyExample("penguins", "penguins", everyModelPushed);
  const up = await work.millrace("up");
  expect(up.status, up.stderr).toBe(0);
  await work.json("pipeline", "register", "penguins/pipeline.ts");
  first = await runOn(0);
  await served(first.pushed?.version);
  predictedByFirst = await predictions();
  second = await runOn(1);
  await served(second.pushed?.version);
});

afterAll(() => work[Symbol.asyncDispose]());

/** Runs the pipeline on all penguins but the last few, each number of which gives another model. */
async function runOn(without: number): Promise<RunView> {
  const lines = readFileSync(work.path("penguins/penguins.csv"), "utf8").trimEnd().split("\n");
  const file = work.path(`penguins-${without}.csv`);
  writeFileSync(file, `${lines.slice(0, lines.length - 10 * without).join("\n")}\n`);
  const view = await work.runOn("penguins", file);
  expect(view.state, String(view.reason)).toBe("succeeded");
  return view;
}

function statusUrl(): string {
  const address = work.addressOf("serving");
  return `${address.startsWith("http") ? "" : "http://"}${address}/v1/models/penguins`;
}

/** Waits until a version answers. @returns the digest of what answers. */
async function served(version: number | undefined): Promise<string | null> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { model_version_status: said } = (await (await fetch(statusUrl())).json()) as Partial<Status>;
    const found = said?.find((status) => status.version === String(version) && status.state === "AVAILABLE");
    if (found) return found.pushed_model_digest;
    if (performance.now() > deadline) throw new Error(`version ${version} does not answer: ${JSON.stringify(said)}`);
    await sleep(50);
  }
}

async function predictions(): Promise<unknown> {
  return (await work.json<{ predictions: unknown }>("predict", "penguins", ...rows)).predictions;
}

function outputOf(view: RunView, node: string): string {
  return view.nodes.find(({ node: name }) => name === node)?.outputs[0]?.digest ?? "";
}

describe("rollback", () => {
  let done: RolledBack;

  it("makes the model server answer as the first model did, under a version of its own", async () => {
    expect(second.pushed?.version).toBeGreaterThan(first.pushed?.version ?? 0);
    expect(await predictions()).not.toEqual(predictedByFirst);
    done = await work.json<RolledBack>("rollback", "penguins", "--reason", "the second one errs");
    expect(done).toMatchObject({
      destination: "serving/penguins",
      from: { version: second.pushed?.version, run: second.run },
      to: { version: first.pushed?.version, run: first.run },
      changed: true,
    });
    expect(done.version).toBeGreaterThan(second.pushed?.version ?? 0);
    expect(await served(done.version)).toBe(outputOf(first, "pushed"));
    expect(await predictions()).toEqual(predictedByFirst);
    const metadata = await (await fetch(`${statusUrl()}/metadata`)).json();
    expect(metadata).toMatchObject({
      model_spec: { version: String(done.version) },
      metadata: { pushed_model_digest: outputOf(first, "pushed") },
    });
  });

  it("is told by the destination's history, with its reason", async () => {
    const answered = await work.json<PushedAnswer>("model", "pushed", "penguins");
    expect(answered.served).toMatchObject({ version: done.version, restoredVersion: first.pushed?.version });
    expect(answered.history.map(({ version, state }) => [version, state])).toEqual([
      [done.version, "served"],
      [second.pushed?.version, "rolled-back"],
      [first.pushed?.version, "superseded"],
    ]);
    expect(answered.served?.reason).toBe("the second one errs");
  });

  it("does nothing twice, refuses what was never pushed, and goes no further than there is", async () => {
    const again = await work.json<RolledBack>("rollback", "penguins", "--to", String(first.pushed?.version));
    expect(again).toMatchObject({ changed: false, version: done.version });
    const unknown = await work.millrace("rollback", "serving/penguins", "--to", "1");
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain(`Pushed were ${second.pushed?.version}, ${first.pushed?.version}`);
    expect((await work.millrace("rollback", "penguins")).status).toBe(1);
    expect((await work.millrace("rollback", "nowhere")).status).toBe(1);
  });

  it("is not undone by the same data again, and is by a later model", async () => {
    // The second run's model is blessed already, before the rollback.
    const again = await runOn(1);
    expect(again.nodes.find(({ node }) => node === "pushed")?.note).toContain("not pushed");
    expect(again.pushed).toBeNull();
    expect(await predictions()).toEqual(predictedByFirst);
    const third = await runOn(2);
    expect(third.pushed?.version).toBeGreaterThan(done.version);
    expect(await served(third.pushed?.version)).toBe(outputOf(third, "pushed"));
  });

  it("can be asked for by gRPC", async () => {
    const client = new ControlServiceClient(work.addressOf("ingest"), credentials.createInsecure());
    const request = { destination: "serving/penguins", version: BigInt(second.pushed?.version ?? 0), reason: "by RPC" };
    const rolledBack = await answer<RollBackResponse>(client, (callback) => client.rollBack(request, callback));
    expect(rolledBack).toMatchObject({ toVersion: request.version, changed: true });
    expect(await served(Number(rolledBack.version))).toBe(outputOf(second, "pushed"));
  });
});

describe("gc", () => {
  it("tells what only the older runs need, keeping what was pushed and what makes it again", async () => {
    const told = await work.json<Collected>("gc", "--keep-runs", "1");
    expect(told.applied).toBe(false);
    expect(told.bytes).toBe(told.byType.reduce((sum, { bytes }) => sum + bytes, 0));
    const types = new Set(told.artifacts.filter(({ run }) => run === first.run).map(({ type }) => type));
    expect(types.has("Examples")).toBe(true);
    for (const kept of ["Model", "PushedModel", "ModelBlessing", "Dataset", "Code"])
      expect(types.has(kept)).toBe(false);
    for (const kept of ["model", "pushed", "blessing"])
      expect(told.artifacts.map(({ digest }) => digest)).not.toContain(outputOf(first, kept));
    expect(existsSync(uriOf(first, "examples"))).toBe(true);
  });

  it("deletes it, says so in every view, and leaves the log whole", async () => {
    const collected = await work.json<Collected>("gc", "--keep-runs", "1", "--apply");
    expect(collected.trash).toMatchObject({ artifacts: 0, freed: { artifacts: collected.artifacts.length } });
    expect(existsSync(uriOf(first, "examples"))).toBe(false);
    const view = await work.run(first.run);
    const marked = view.nodes.filter(({ outputs }) => outputs.some(({ collected: gone }) => gone === true));
    expect(marked.map(({ node }) => node)).toContain("examples");
    expect(marked.map(({ node }) => node)).not.toContain("model");
    const { artifacts } = await work.json<{ artifacts: { digest: string; collected: boolean }[] }>("artifacts");
    expect(artifacts.find(({ digest }) => digest === outputOf(first, "examples"))?.collected).toBe(true);
    expect(artifacts.find(({ digest }) => digest === outputOf(first, "model"))?.collected).toBe(false);
    expect(await work.json("lineage", first.run)).toMatchObject({ artifacts: expect.any(Array) as unknown });
    const verified = await work.millrace("verify", "--json");
    expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true });
  });

  it("leaves what a rollback needs", async () => {
    const back = await work.json<RolledBack>("rollback", "penguins", "--to", String(first.pushed?.version));
    expect(await served(back.version)).toBe(outputOf(first, "pushed"));
    expect(await predictions()).toEqual(predictedByFirst);
  });

  it("lets the nodes whose bytes are gone run again, to the same digests", async () => {
    const again = await runOn(0);
    const examples = again.nodes.find(({ node }) => node === "examples");
    expect(examples).toMatchObject({ cached: false, attempts: 1 });
    expect(outputOf(again, "examples")).toBe(outputOf(first, "examples"));
    expect(existsSync(uriOf(again, "examples"))).toBe(true);
  });
});

describe("pin", () => {
  it("keeps a run's artifacts from gc until it is taken away", async () => {
    const latest = await work.run();
    const isGarbage = async () => {
      const { artifacts } = await work.json<Collected>("gc", "--keep-runs", "0");
      return artifacts.some(({ digest }) => digest === outputOf(latest, "examples"));
    };
    expect(await isGarbage()).toBe(true);
    const pinned = await work.json<{ run: string; changed: boolean }>(
      "pin",
      latest.run.slice(0, 8),
      "--reason",
      "audit",
    );
    expect(pinned).toMatchObject({ run: latest.run, changed: true });
    expect(await isGarbage()).toBe(false);
    await work.json("unpin", latest.run);
    expect(await isGarbage()).toBe(true);
  });
});

function uriOf(view: RunView, node: string): string {
  return fileURLToPath(view.nodes.find(({ node: name }) => name === node)?.outputs[0]?.uri ?? "");
}
