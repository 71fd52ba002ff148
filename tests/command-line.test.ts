import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import type { ArtifactRecord, Lineage, RunView } from "millrace/projections";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workplace } from "./support/workplace.ts";

interface DemoReport extends RunView {
  readonly predictions: readonly { readonly species: string; readonly prediction: { readonly class: string } }[];
}

let work: Workplace;
let first: string;
let second: DemoReport;

beforeAll(async () => {
  work = new Workplace();
  const demo = await work.millrace("demo");
  expect(demo.status, demo.stderr).toBe(0);
  first = demo.stdout;
  second = await work.json<DemoReport>("demo");
});

afterAll(async () => {
  await work[Symbol.asyncDispose]();
});

describe("millrace demo", () => {
  it("tells each node's progress line by line in a pipe, then metrics, the pushed version and three predictions", () => {
    for (const node of second.nodes) expect(first).toMatch(new RegExp(`^${node.node}: succeeded in `, "m"));
    expect(first).toMatch(/^accuracy +(1|0\.9[5-9]\d*)$/m);
    expect(first).toMatch(/^Pushed version \d+ to /m);
    for (const species of ["Adelie", "Chinstrap", "Gentoo"]) {
      expect(first).toMatch(new RegExp(`^${species} .*"class":"${species}"`, "m"));
    }
  });

  it("starts a new run the second time, in which every node is reused", () => {
    expect(second.state).toBe("succeeded");
    expect(second.nodes.map(({ cached }) => cached)).toEqual(second.nodes.map(() => true));
    expect(second.predictions.map(({ prediction }) => prediction.class)).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
  });

  it("leaves nothing running", () => {
    expect(existsSync(work.path(".millrace/stack/stack.json"))).toBe(false);
    expect(execFileSync("ps", ["-eo", "args="], { encoding: "utf8" })).not.toContain(work.directory);
  });
});

describe("verbs that read, with the stack stopped", () => {
  it("runs lists both runs, newest first, and none at the beginning of the log", async () => {
    const list = await work.json<readonly { run: string; state: string }[]>("runs");
    expect(list.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
    expect(list[0]?.run).toBe(second.run);
    expect(await work.json("runs", "--at", "1")).toEqual([]);
  });

  it("run show takes the beginning of an id, and shows a run as it stood at a sequence", async () => {
    const [, oldest] = await work.json<readonly { run: string }[]>("runs");
    const view = await work.json<RunView>("run", "show", oldest?.run.slice(0, 8) ?? "");
    const statistics = view.nodes.find(({ node }) => node === "statistics");
    const then = await work.json<RunView>("run", "show", view.run, "--at", String(statistics?.sequence));
    expect(then).toMatchObject({ state: "running", atSequence: statistics?.sequence, pushed: null });
    const states = Object.fromEntries(then.nodes.map(({ node, state }) => [node, state]));
    expect(states).toMatchObject({ statistics: "succeeded", schema: "ready", model: "waiting" });
  });

  it("artifacts lists what was made, once however often it was reused", async () => {
    const { artifacts } = await work.json<{ artifacts: readonly ArtifactRecord[] }>("artifacts");
    expect(artifacts.filter(({ type }) => type === "Model")).toHaveLength(1);
    expect(artifacts.map(({ type }) => type)).toContain("Dataset");
  });

  it("lineage leads from the dataset to the pushed model", async () => {
    const { artifacts, edges } = await work.json<Lineage>("lineage", "latest");
    const idOf = (type: string): string => artifacts.find((artifact) => artifact.type === type)?.id ?? "";
    const reached = new Set([idOf("Dataset")]);
    for (let size = 0; size < reached.size;) {
      size = reached.size;
      for (const { from, to } of edges) if (reached.has(from)) reached.add(to);
    }
    expect(reached).toContain(idOf("PushedModel"));
  });

  it("log prints one JSON object a line", async () => {
    const { stdout } = await work.millrace("log", "latest", "--json");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; sequence: number });
    expect(lines[0]?.type).toBe("millrace.run.started.v1");
    expect(lines.at(-1)?.type).toBe("millrace.run.succeeded.v1");
  });

  it("pipeline show tells nodes, inputs and parameters", async () => {
    const shown = await work.json<{ nodes: readonly { node: string }[] }>("pipeline", "show", "penguins");
    expect(shown.nodes[0]).toMatchObject({ node: "source", component: "ingest" });
    expect(shown.nodes.find(({ node }) => node === "schema")).toMatchObject({
      inputs: [{ name: "statistics", type: "ExampleStatistics", from: "statistics.statistics" }],
    });
  });

  it("predict asks a model server of its own", async () => {
    const row = JSON.stringify({ island: "Biscoe", culmen_length_mm: 50, flipper_length_mm: 230, body_mass_g: 5700 });
    const answer = await work.json<{ predictions: readonly unknown[] }>("predict", "penguins", row);
    expect(answer.predictions).toMatchObject([{ class: "Gentoo" }]);
  });

  it("doctor finds what is needed", async () => {
    const { checks } = await work.json<{ checks: readonly { name: string; state: string }[] }>("doctor");
    expect(checks.filter(({ state }) => state === "missing")).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(["node", "nats-server", "data engine"]));
  });

  it("names what it was given and what there is when a run is not there", async () => {
    const ran = await work.millrace("run", "show", "zzzz");
    expect(ran).toMatchObject({ status: 1, stdout: "" });
    expect(ran.stderr).toMatch(/Cannot find run zzzz/);
  });
});

describe("millrace exec", () => {
  it("runs an executor once on the recorded inputs and writes neither log nor store", async () => {
    const lastEvent = async () => {
      const { status, stdout } = await work.millrace("log", "--json");
      expect(status).toBe(0);
      return (JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { sequence: number }).sequence;
    };
    const stored = () => readdirSync(work.path(".millrace/store/sha256"), { recursive: true }).length;
    const before = { last: await lastEvent(), stored: stored() };
    const result = await work.json<{ outputs: readonly { digest: string; recorded: string }[] }>(
      "exec",
      "latest",
      "schema",
      "--out",
      work.path("out"),
    );
    expect(result.outputs).toHaveLength(1);
    expect(result.outputs[0]?.digest).toBe(result.outputs[0]?.recorded);
    expect(existsSync(work.path("out/schema/schema.pbtxt"))).toBe(true);
    expect({ last: await lastEvent(), stored: stored() }).toEqual(before);
  });
});

describe("millrace up", () => {
  it("runs as many processes of a service as it is told, and starts no second stack", async () => {
    await work.json("up", "--replicas", "statistics-gen=2");
    expect(work.stack().services.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["statistics-gen", "statistics-gen-2"]),
    );
    const again = await work.millrace("up");
    expect(again.status).toBe(1);
    expect(again.stderr).toMatch(/holds one; stop it with `millrace down`/);
    expect(await work.json("down")).toEqual({ stopped: true, services: 12 });
    expect(await work.json("down")).toEqual({ stopped: false, services: 0 });
  });
});
