import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { BlessedAnswer, PushedAnswer, RunView, Why } from "millrace/projections";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeWithBuf } from "./support/decode-with-buf.ts";
import { rejectionOf } from "./support/rejection.ts";
import { Workplace } from "./support/workplace.ts";

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

interface Published {
  readonly sequence: number;
  readonly run: string | null;
  readonly runs: readonly { readonly run: string; readonly pipeline: string }[];
}

let work: Workplace;
let first: RunView;

beforeAll(async () => {
  work = new Workplace();
  work.copyExample("penguins", "penguins");
  const up = await work.millrace("up");
  expect(up.stderr + up.stdout, "up").toBeTruthy();
  expect(up.status).toBe(0);
});

afterAll(async () => {
  await work[Symbol.asyncDispose]();
});

/** Publishes a file and waits until its runs have ended. */
function publish(dataset: string, file: string, ...options: readonly string[]) {
  return work.millrace("publish", dataset, file, "--wait", "--json", ...options);
}

async function runOn(dataset: string, file = "penguins/penguins.csv"): Promise<RunView> {
  const ran = await publish(dataset, file);
  const { run } = JSON.parse(ran.stdout) as Published;
  return work.run(run ?? "");
}

function states(view: RunView): Record<string, string> {
  return Object.fromEntries(view.nodes.map(({ node, state, cached }) => [node, cached ? "cached" : state]));
}

function why({ run }: RunView, node: string, ...options: readonly string[]): Promise<Why> {
  return work.json<Why>("why", run, node, ...options);
}

function modelCode(view: RunView): string {
  return view.nodes.find(({ node }) => node === "model")?.codeDigest ?? "";
}

function digests(view: RunView): Record<string, readonly string[]> {
  return Object.fromEntries(view.nodes.map(({ node, outputs }) => [node, outputs.map(({ digest }) => digest)]));
}

function rowsPerSplit(view: RunView): unknown {
  const examples = view.nodes.find(({ node }) => node === "examples")?.outputs[0];
  return examples && Object.fromEntries(Object.entries(examples.properties).filter(([name]) => name.includes("rows")));
}

describe("the penguins pipeline on a stack of separate processes", () => {
  it("carries a published CSV to a validated, pushed model", async () => {
    const registered = await work.json<{ version: number; changed: boolean }>(
      "pipeline",
      "register",
      "penguins/pipeline.ts",
    );
    expect(registered).toMatchObject({ version: 1, changed: true });
    first = await runOn("penguins");
    expect(first.state).toBe("succeeded");
    expect(first.nodes.map(({ node }) => node)).toEqual(nodes);
    expect(states(first)).toEqual(Object.fromEntries(nodes.map((node) => [node, "succeeded"])));
    expect(first.metrics["accuracy"]).toBeGreaterThanOrEqual(0.95);
    expect(JSON.stringify(rowsPerSplit(first))).toMatch(/236.*108/);
    expect(first.nodes.find(({ node }) => node === "model")?.executor.backend).toMatch(/wasm|tensorflow/);
    expect(first.pushed?.version).toBeGreaterThan(0);
  });

  it("answers predictions for raw rows over TensorFlow Serving's REST", async () => {
    const serving = work.stack().services.find(({ name }) => name === "serving");
    const base = `${serving?.address.startsWith("http") ? "" : "http://"}${serving?.address}/v1/models/penguins`;
    const status = await (await fetch(base)).json();
    expect(JSON.stringify(status)).toContain("AVAILABLE");
    const metadata = await (await fetch(`${base}/metadata`)).json();
    expect(JSON.stringify(metadata)).toContain("culmen_length_mm");
    const row = {
      island: "Torgersen",
      culmen_length_mm: 39.1,
      culmen_depth_mm: 18.7,
      flipper_length_mm: 181,
      body_mass_g: 3750,
      sex: "MALE",
    };
    const columns = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, [value]]));
    const byRow = await (
      await fetch(`${base}:predict`, { method: "POST", body: JSON.stringify({ instances: [row] }) })
    ).json();
    const byColumn = await (
      await fetch(`${base}:predict`, { method: "POST", body: JSON.stringify({ inputs: columns }) })
    ).json();
    expect(JSON.stringify(byRow)).toContain("Adelie");
    expect(JSON.stringify(byColumn)).toContain("Adelie");
  });

  it("can be read by a client that knows nothing of Millrace: subjects, headers, protobuf bodies", async () => {
    const connection = await connect({ servers: work.stack().natsUrl });
    try {
      const manager = await jetstreamManager(connection);
      expect((await manager.streams.info("mr")).config).toMatchObject({
        subjects: ["mr.>"],
        deny_delete: true,
        deny_purge: true,
      });
      const consumer = await jetstream(connection).consumers.get("mr", {
        filter_subjects: [`mr.run.penguins.${first.run}.>`],
      });
      const messages = await consumer.fetch({ max_messages: 100, expires: 2_000 });
      const seen: { subject: string; type: string; body: Uint8Array }[] = [];
      for await (const message of messages) {
        seen.push({ subject: message.subject, type: message.headers?.get("ce-type") ?? "", body: message.data });
        if (message.subject.endsWith("._._.outcome")) break;
      }
      expect(seen[0]).toMatchObject({
        subject: `mr.run.penguins.${first.run}._._.started`,
        type: "millrace.run.started.v1",
      });
      const completed = seen.find(
        ({ subject, type }) => subject.endsWith(".trainer.model.journal") && type === "millrace.completed.v1",
      );
      const event = decodeWithBuf(completed?.body ?? new Uint8Array());
      expect(event).toMatchObject({ completed: { outputs: [{ name: "model", artifact: { type: "Model" } }] } });
    } finally {
      await connection.close();
    }
  });

  it("reuses every node in a second run on the same data", async () => {
    const second = await runOn("penguins");
    expect(second.run).not.toBe(first.run);
    expect(states(second)).toEqual(Object.fromEntries(nodes.map((node) => [node, "cached"])));
    expect(digests(second)).toEqual(digests(first));
    const model = await why(second, "model");
    expect(model).toMatchObject({ verdict: "reused", cache: { hit: true, differences: [] } });
    expect(model.summary).toContain(`reused the outcome of run ${first.run}'s model`);
    expect(model.causes.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["millrace.dataset.published.v1", "millrace.pipeline.registered.v1"]),
    );
    expect((await why(second, "pushed")).summary).toContain(`Version ${first.pushed?.version} serves this model`);
  });

  it("says which model was blessed and what is served, now and before", async () => {
    const blessing = first.nodes.find(({ node }) => node === "blessing");
    const digest = first.nodes.find(({ node }) => node === "model")?.outputs[0]?.digest;
    const blessed = await work.json<BlessedAnswer>("model", "blessed", "penguins");
    expect(blessed).toMatchObject({ model: { digest, run: first.run, node: "blessing" }, previous: null });
    const before = ["--at", String((blessed.model?.sequence ?? 0) - 1)];
    expect(await work.json("model", "blessed", "penguins", ...before)).toMatchObject({ model: null });
    const pushed = await work.json<PushedAnswer>("model", "pushed", "penguins");
    expect(pushed).toMatchObject({
      destination: "serving/penguins",
      served: { version: first.pushed?.version, digest, run: first.run },
    });
    expect(await work.json("model", "pushed", "serving/penguins")).toMatchObject({ served: pushed.served });
    const claimed = await why(first, "blessing", "--at", String((blessing?.sequence ?? 0) - 1));
    expect(claimed.verdict).toBe("running");
    expect((await why(first, "blessing")).causes.map(({ type }) => type)).toContain("millrace.model.blessed.v1");
  });

  it("starts one run of an event that is published twice", async () => {
    const event = JSON.stringify({
      specversion: "1.0",
      id: "twice",
      source: "test",
      type: "millrace.dataset.published.v1",
      data: { uri: "penguins/penguins.csv" },
    });
    const before = await work.json<readonly unknown[]>("runs");
    await work.publishPlainly("penguins", event);
    await work.publishPlainly("penguins", event, false);
    const marker = await runOn("penguins");
    const after = await work.json<readonly { run: string }[]>("runs");
    expect(after.length).toBe(before.length + 2);
    expect(after[0]?.run).toBe(marker.run);
  });

  it("registers no new version of an unchanged pipeline", async () => {
    const again = await work.json<object>("pipeline", "register", "penguins/pipeline.ts");
    expect(again).toMatchObject({ version: 1, changed: false });
  });

  it("runs the trainer and what follows when only the model is edited", async () => {
    work.copyExample("penguins", "penguins", { "model.ts": [["units: 16", "units: 12"]] });
    const registered = await work.json<object>("pipeline", "register", "penguins/pipeline.ts");
    expect(registered).toMatchObject({ version: 2, changed: true });
    const edited = await runOn("penguins");
    expect(edited.state).toBe("succeeded");
    const before = nodes.slice(0, nodes.indexOf("model"));
    const after = nodes.slice(nodes.indexOf("model"));
    expect(states(edited)).toEqual({
      ...Object.fromEntries(before.map((node) => [node, "cached"])),
      ...Object.fromEntries(after.map((node) => [node, "succeeded"])),
    });
    const model = await why(edited, "model");
    expect(model.cache?.differences).toEqual([
      expect.objectContaining({ what: "code", name: "model", was: modelCode(first), is: modelCode(edited) }),
    ]);
    expect(model.summary).toContain(`code model (./model.ts) is ${modelCode(edited)}, and was ${modelCode(first)}`);
    expect((await why(edited, "evaluation")).cache?.differences).toEqual([
      expect.objectContaining({ what: "input", name: "model", isFrom: "model.model" }),
    ]);
  });

  it("names the input that differed when the dataset was changed, and says that the cache was off", async () => {
    const lines = readFileSync(work.path("penguins/penguins.csv"), "utf8").split("\n");
    writeFileSync(work.path("penguins/fewer.csv"), lines.filter((_, index) => index !== 7).join("\n"));
    const changed = await runOn("penguins", "penguins/fewer.csv");
    const examples = await why(changed, "examples");
    expect(examples.cache?.differences.map(({ what, isFrom }) => [what, isFrom])).toEqual([
      ["input", "source.dataset"],
    ]);
    const uncached = await publish("penguins", "penguins/penguins.csv", "--no-cache");
    const { run } = JSON.parse(uncached.stdout) as Published;
    const view = await work.run(run ?? "");
    expect(Object.values(states(view))).not.toContain("cached");
    const statistics = await why(view, "statistics");
    expect(statistics).toMatchObject({ verdict: "ran", cache: { miss: "off-for-run" } });
    expect(statistics.summary).toContain("the run never uses the cache");
  });

  it("gives the same output digests in two runs without the cache", async () => {
    const uncached: (readonly [string, string])[] = [
      ['pipeline("penguins", { on: dataset("penguins")', 'pipeline("uncached", { on: dataset("uncached")'],
      ["serving/penguins", "serving/uncached"],
      ["csvExampleGen({", "csvExampleGen({ cache: false,"],
      ["statisticsGen({", "statisticsGen({ cache: false,"],
      ["schemaGen({", "schemaGen({ cache: false,"],
      ["exampleValidator({", "exampleValidator({ cache: false,"],
      ["transform({", "transform({ cache: false,"],
      ["trainer({", "trainer({ cache: false,"],
      ["evaluator({", "evaluator({ cache: false,"],
    ];
    work.copyExample("penguins", "uncached", { "pipeline.ts": uncached });
    await work.json("pipeline", "register", "uncached/pipeline.ts");
    const [one, two] = [await runOn("uncached"), await runOn("uncached")];
    const worked = ["examples", "statistics", "schema", "anomalies", "features", "model", "evaluation"];
    for (const view of [one, two]) for (const node of worked) expect(states(view)[node]).toBe("succeeded");
    const some = (view: RunView) => worked.map((node) => digests(view)[node]);
    expect(some(two)).toEqual(some(one));
  });

  it("does not push a model that is worse than the blessed one, and says why", async () => {
    work.copyExample("penguins", "penguins", {
      "model.ts": [["learningRate: 0.01", "learningRate: 0.0001"]],
      "pipeline.ts": [
        ["epochs: 30", "epochs: 1"],
        ["accuracy: { min: 0.9 }", "accuracy: { min: 0.01 }"],
      ],
    });
    await work.json("pipeline", "register", "penguins/pipeline.ts");
    const worse = await runOn("penguins");
    expect(worse.state).toBe("succeeded");
    expect(worse.pushed).toBeNull();
    const blessing = worse.nodes.find(({ node }) => node === "blessing");
    expect(blessing?.outputs[0]?.properties["blessed"]).toBe("0");
    expect(blessing?.note).toMatch(/below the baseline|worse/);
  });

  it("names the author's file and line when a user function throws, and skips what follows", async () => {
    work.copyExample("penguins", "broken", {
      "pipeline.ts": [['pipeline("penguins", { on: dataset("penguins")', 'pipeline("broken", { on: dataset("broken")']],
      "preprocessing.ts": [
        ["culmen_length: zScore", 'oops: (() => { throw new Error("no such bird"); })(),\n  culmen_length: zScore'],
      ],
    });
    await work.json("pipeline", "register", "broken/pipeline.ts");
    const ran = await publish("broken", "penguins/penguins.csv");
    expect(ran.status).toBe(1);
    const view = await work.run((JSON.parse(ran.stdout) as Published).run ?? "");
    expect(view.state).toBe("failed");
    expect(view.reason).toContain("no such bird");
    const features = view.nodes.find(({ node }) => node === "features");
    expect(features?.failure).toMatchObject({ code: "user-code" });
    expect(features?.failure?.file).toMatch(/preprocessing\.ts$/);
    expect(features?.failure?.line).toBeGreaterThan(0);
    expect(states(view)).toMatchObject({
      model: "skipped",
      evaluation: "skipped",
      blessing: "skipped",
      pushed: "skipped",
      anomalies: "cached",
    });
  });
});

describe("a bad dataset event is refused, and says what is wrong", () => {
  const good = {
    specversion: "1.0",
    id: "x",
    source: "test",
    type: "millrace.dataset.published.v1",
    data: { uri: "penguins/penguins.csv" },
  };

  it.each([
    ["not JSON", "penguins", "{", "not-json", /JSON/],
    ["a field missing", "penguins", JSON.stringify({ ...good, data: {} }), "missing-field", /data\.uri/],
    ["an unknown dataset", "walruses", JSON.stringify(good), "unknown-dataset", /walruses/],
    [
      "an unknown version",
      "penguins",
      JSON.stringify({ ...good, type: "millrace.dataset.published.v9" }),
      "unknown-version",
      /v9/,
    ],
    [
      "outside the roots",
      "penguins",
      JSON.stringify({ ...good, data: { uri: "file:///etc/hostname", format: "csv" } }),
      "outside-roots",
      /MILLRACE_DATA_ROOTS/,
    ],
    [
      "a missing file",
      "penguins",
      JSON.stringify({ ...good, data: { uri: "nowhere.csv" } }),
      "missing-file",
      /nowhere\.csv/,
    ],
    [
      "another digest",
      "penguins",
      JSON.stringify({ ...good, data: { uri: "penguins/penguins.csv", digest: `sha256:${"0".repeat(64)}` } }),
      "digest-mismatch",
      /penguins\.csv/,
    ],
  ])("%s", async (_name, dataset, body, code, message) => {
    const sequence = await work.publishPlainly(dataset, body);
    const rejected = await rejectionOf(work.stack().natsUrl, dataset, sequence);
    expect(rejected.code).toBe(code);
    expect(rejected.message).toMatch(message);
  });

  it("the same id with other content", async () => {
    await work.publishPlainly("penguins", JSON.stringify({ ...good, id: "conflict" }));
    const other = JSON.stringify({ ...good, id: "conflict", data: { ...good.data, span: 3 } });
    const rejected = await rejectionOf(work.stack().natsUrl, "penguins", await work.publishPlainly("penguins", other));
    expect(rejected.code).toBe("conflict");
  });

  it("the CLI prints the refusal and ends with 1", async () => {
    const ran = await publish("walruses", "penguins/penguins.csv");
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ rejected: { code: "unknown-dataset" } });
  });
});

describe("a bad CSV fails its run, and names file and line", () => {
  it.each([
    ["ragged", "a,b\n1,2\n3\n", /line 3/],
    ["duplicate header", "a,a\n1,2\n", /a/],
    ["empty", "", /empty|header/],
  ])("%s", async (name, text, message) => {
    mkdirSync(work.path("bad"), { recursive: true });
    const file = `bad/${name.replaceAll(" ", "-")}.csv`;
    writeFileSync(work.path(file), text);
    const ran = await publish("penguins", file);
    expect(ran.status).toBe(1);
    const view = await work.run((JSON.parse(ran.stdout) as Published).run ?? "");
    expect(view.state).toBe("failed");
    const failure = view.nodes.find(({ node }) => node === "examples")?.failure;
    expect(failure?.message).toMatch(message);
    expect(failure?.message).toContain(file.slice("bad/".length));
  });
});
