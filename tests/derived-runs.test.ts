import { readdirSync } from "node:fs";
import { credentials } from "@grpc/grpc-js";
import {
  ControlServiceClient,
  type ForkRunResponse,
  type ReproduceRunResponse,
} from "millrace/contracts/millrace/control/v1/control.ts";
import type { RunDifference, RunView, VerdictView } from "millrace/projections";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer } from "./support/grpc.ts";
import { countByNode, eventsNow, eventsUntil, wholeRun } from "./support/run-events.ts";
import { Workplace } from "./support/workplace.ts";

const csv = "penguins/penguins.csv";
const beforeModel = ["examples", "statistics", "schema", "anomalies", "features"];

interface Reproduced {
  readonly run: string;
  readonly of: string;
  readonly verdict: VerdictView["verdict"] | null;
  readonly outputs: VerdictView["outputs"];
}

interface Forked {
  readonly run: string;
  readonly of: string;
  readonly from: string;
  readonly taken: readonly string[];
  readonly changed: readonly { readonly node: string; readonly what: string; readonly name: string }[];
  readonly state?: string;
}

let work: Workplace;
let first: RunView;

beforeAll(async () => {
  work = new Workplace();
  work.copyExample("penguins", "penguins");
  work.copyFixture("clock", "clock");
  const up = await work.millrace("up", "--service", "clock/main.ts", "--replicas", "ingest=2");
  expect(up.status, up.stderr).toBe(0);
  await work.json("pipeline", "register", "penguins/pipeline.ts");
  await work.json("pipeline", "register", "clock/pipeline.ts");
  first = await work.runOn("penguins", csv);
  expect(first.state).toBe("succeeded");
});

afterAll(() => work[Symbol.asyncDispose]());

function digests(view: RunView): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(view.nodes.map(({ node, outputs }) => [node, outputs.map(({ digest }) => digest)]));
}

/** What the world outside of the store sees: versions that servers load. */
function served(): readonly string[] {
  return readdirSync(work.path(".millrace/push/serving/penguins")).sort();
}

/** The last message of what only runs with effects may write. */
async function effects(): Promise<readonly unknown[]> {
  const lines = (await work.millrace("log", "--json")).stdout.trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { readonly subject: string; readonly sequence: number });
  return ["mr.blessed.", "mr.target."].map((prefix) => events.findLast(({ subject }) => subject.startsWith(prefix)));
}

function until(run: string, type: string) {
  return eventsUntil(work.stack().natsUrl, run, (event) => event.type === type);
}

describe("millrace reproduce", () => {
  it("trains again, and finds every output bit-equal; nothing is reused, blessed or pushed", async () => {
    const before = { served: served(), effects: await effects() };
    const reproduced = await work.json<Reproduced>("reproduce", first.run, "--wait");
    expect(reproduced).toMatchObject({ of: first.run, verdict: "reproduced" });
    const was = Object.values(digests(first)).flat();
    expect(reproduced.outputs.map(({ was: digest }) => digest)).toEqual(was);
    expect(reproduced.outputs.map(({ is }) => is)).toEqual(was);
    expect(reproduced.outputs.filter(({ equal, firstDifference }) => !equal || firstDifference !== null)).toEqual([]);

    const view = await work.run(reproduced.run);
    expect(view).toMatchObject({ state: "succeeded", kind: "reproduction", of: first.run, pushed: null });
    expect(view.verdict?.verdict).toBe("reproduced");
    expect(view.nodes.map(({ cached, attempts }) => [cached, attempts])).toEqual(view.nodes.map(() => [false, 1]));
    const events = await eventsNow(work.stack().natsUrl, reproduced.run);
    expect(countByNode(events, "claimed")).toEqual(Object.fromEntries(view.nodes.map(({ node }) => [node, 1])));
    expect({ served: served(), effects: await effects() }).toEqual(before);
  });

  it("says in words what a run reproduces, and what came of it", async () => {
    const { stdout } = await work.millrace("run", "show", "latest");
    expect(stdout).toContain(`Reproduces run ${first.run.slice(0, 12)}: reproduced, all 10 outputs equal`);
  });

  it("finds that a component diverges which writes the time, and names its file", async () => {
    const clocked = await work.runOn("clocked", csv);
    const ran = await work.millrace("reproduce", clocked.run, "--wait", "--json");
    expect(ran.status).toBe(1);
    const { verdict, outputs } = JSON.parse(ran.stdout) as Reproduced;
    expect(verdict).toBe("diverged");
    expect(outputs.map(({ node, equal }) => [node, equal])).toEqual([
      ["examples", true],
      ["stamp", false],
    ]);
    expect(outputs[1]?.firstDifference).toMatch(/^file written\.txt: byte \d+ was 0x3\d, is 0x3\d$/);
    expect(outputs[1]?.was).toBe(digests(clocked)["stamp"]?.[0]);
  });

  it("is asked for over gRPC as well, and judged though ingest is killed meanwhile", async () => {
    const client = new ControlServiceClient(work.addressOf("ingest"), credentials.createInsecure());
    const { run, of } = await answer<ReproduceRunResponse>(client, (callback) =>
      client.reproduceRun({ pipeline: "penguins", run: first.run }, callback),
    );
    expect(of).toBe(first.run);
    for (const { name, pid } of work.stack().services) if (name === "ingest") process.kill(pid, "SIGKILL");
    const verdicts = countByNode(await until(run, "reproductionVerdict"), "reproductionVerdict");
    expect(verdicts).toEqual({ _: 1 });
    expect((await work.run(run)).verdict?.verdict).toBe("reproduced");
  });

  it("refuses a run that is not there", async () => {
    const unknown = await work.millrace("reproduce", "0000");
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain("no run's id begins so");
  });
});

describe("millrace fork", () => {
  it("takes what was finished before the node, and runs on with a changed parameter, without effects", async () => {
    const before = { served: served(), effects: await effects() };
    const forked = await work.json<Forked>("fork", first.run, "--from", "model", "--set", "model.epochs=5", "--wait");
    expect(forked).toMatchObject({ of: first.run, from: "model", taken: beforeModel, state: "succeeded" });
    expect(forked.changed).toEqual([{ node: "model", what: "parameter", name: "epochs", was: 30, is: 5 }]);
    const view = await work.run(forked.run);
    const taken = view.nodes.filter((node) => node.taken);
    expect(taken.map(({ node }) => node)).toEqual(beforeModel);
    expect(taken.map(({ attempts, reused }) => [attempts, reused?.run])).toEqual(taken.map(() => [0, first.run]));
    expect(digests(view)["features"]).toEqual(digests(first)["features"]);
    expect(digests(view)["model"]).not.toEqual(digests(first)["model"]);
    expect({ served: served(), effects: await effects() }).toEqual(before);

    const difference = await work.json<RunDifference>("diff", first.run, forked.run);
    expect(difference.equal).toBe(false);
    expect(difference.differences[0]).toMatchObject({ node: "model", aspect: "parameter", name: "epochs" });
    expect(difference.differences).toContainEqual(
      expect.objectContaining({ node: "evaluation", aspect: "metric", name: "loss" }),
    );
  });

  it("runs nothing but its staging pusher when nothing is changed", async () => {
    const forked = await work.json<Forked>("fork", first.run, "--from", "model", "--wait");
    expect(forked.changed).toEqual([]);
    const view = await work.run(forked.run);
    expect(view.nodes.filter(({ cached }) => !cached).map(({ node }) => node)).toEqual(["pushed"]);
    expect(digests(view)).toEqual(digests(first));
    const { stdout } = await work.millrace("diff", first.run, forked.run);
    expect(stdout).toContain("Equal: nothing that was made differs");
  });

  it("takes code from another project, and refuses it where it changes what is taken", async () => {
    work.copyExample("penguins", "branch", { "model.ts": [["units: 16", "units: 4"]] });
    const forked = await work.json<Forked>("fork", first.run, "--from", "model", "--code", "branch", "--wait");
    expect(forked.changed).toMatchObject([{ node: "model", what: "code", name: "model" }]);
    expect(forked).toMatchObject({ taken: beforeModel, state: "succeeded" });
    const refused = await work.millrace("fork", first.run, "--from", "evaluation", "--code", "branch/pipeline.ts");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("node model does not follow it: its code model differs. Fork from model instead");
  });

  it("blesses and pushes when it is asked to", async () => {
    const before = served();
    const options = ["--from", "model", "--set", "model.epochs=40", "--push"];
    const forked = await work.json<Forked>("fork", first.run, ...options, "--wait");
    const view = await work.run(forked.run);
    expect(view).toMatchObject({ kind: "fork", effects: true, state: "succeeded" });
    expect(view.pushed?.version).toBeGreaterThan(first.pushed?.version ?? 0);
    expect(served()).toEqual([...before, String(view.pushed?.version)].sort());
  });

  it("is asked for over gRPC as well", async () => {
    const client = new ControlServiceClient(work.addressOf("ingest"), credentials.createInsecure());
    const request = {
      pipeline: "penguins",
      run: first.run,
      from: "evaluation",
      set: [{ node: "evaluation", parameter: "slices", value: '[["sex"]]' }],
      plan: undefined,
      push: false,
    };
    const forked = await answer<ForkRunResponse>(client, (callback) => client.forkRun(request, callback));
    expect(forked).toMatchObject({ of: first.run, taken: [...beforeModel, "model"] });
    expect(forked.changed).toMatchObject([{ node: "evaluation", name: "slices", is: '[["sex"]]' }]);
    const events = await wholeRun(work.stack().natsUrl, forked.run);
    expect(events.at(-1)?.type).toBe("runSucceeded");
  });

  it.each([
    ["an unknown node", ["--from", "trainer"], "has no node"],
    ["an unknown parameter", ["--from", "model", "--set", "model.depth=3"], "it takes label, epochs, batchSize"],
    ["a value of the wrong kind", ["--from", "model", "--set", "model.epochs=many"], "Expected number"],
    ["a setting of what is taken", ["--from", "model", "--set", "examples.format=tfrecord"], "Fork from examples"],
  ])("refuses %s", async (_what, options, words) => {
    const refused = await work.millrace("fork", first.run, ...options);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(words);
  });

  it("says how --set is written", async () => {
    const wrong = await work.millrace("fork", first.run, "--from", "model", "--set", "epochs");
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("write node.parameter=value");
  });
});

describe("millrace diff", () => {
  it("holds runs of two pipelines side by side, as of a moment too", async () => {
    const [clocked] = await work
      .json<readonly { run: string; pipeline: string }[]>("runs")
      .then((all) => all.filter(({ pipeline }) => pipeline === "clocked"));
    const difference = await work.json<RunDifference & { atSequence: number }>("diff", first.run, clocked?.run ?? "");
    expect(difference.runs.map(({ pipeline }) => pipeline)).toEqual(["penguins", "clocked"]);
    expect(difference.nodes.find(({ node }) => node === "examples")?.aspects.parameter).toContainEqual(
      expect.objectContaining({ name: "format", equal: true }),
    );
    const model = difference.nodes.find(({ node }) => node === "model");
    expect(model?.aspects.decision).toContainEqual(expect.objectContaining({ name: "state", is: null }));
    const at = await work.json<RunDifference & { atSequence: number }>("diff", first.run, first.run, "--at", "30");
    expect(at).toMatchObject({ atSequence: 30, equal: true });
  });
});
