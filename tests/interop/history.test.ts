import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { RunView } from "millrace/projections";
import type { Verified } from "millrace/audit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Stranger } from "../support/stranger.ts";
import { Workplace } from "../support/workplace.ts";

interface Rebuilt {
  readonly ok: boolean;
  readonly rebuilt: readonly { readonly what: string; readonly equal: boolean }[];
}

interface Imported {
  readonly run: string | null;
  readonly written: number;
  readonly standing: number;
  readonly openRuns: readonly string[];
}

let home: Workplace;
let away: Workplace;
let run: RunView;

beforeAll(async () => {
  home = new Workplace();
  away = new Workplace();
  home.copyExample("penguins", "penguins");
  const up = await home.millrace("up");
  expect(up.status, up.stderr).toBe(0);
  await home.json("pipeline", "register", "penguins/pipeline.ts");
  run = await home.runOn("penguins", "penguins/penguins.csv");
  expect(run.state).toBe("succeeded");
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
  await away[Symbol.asyncDispose]();
});

function outputs({ nodes }: RunView): unknown {
  return nodes.map(({ node, outputs: made }) => [node, made.map(({ digest }) => digest)]);
}

async function problems(of: Workplace): Promise<Verified["problems"]> {
  return (JSON.parse((await of.millrace("verify", "--json")).stdout) as Verified).problems;
}

describe("a log of real services", () => {
  it("is verified beside them, and rebuilt to what it was", async () => {
    const verified = await home.json<Verified>("verify");
    expect(verified).toMatchObject({ ok: true, problems: [], unknown: 0 });
    expect(verified.artifacts).toBeGreaterThan(10);
    const { ok, rebuilt } = await home.json<Rebuilt>("rebuild");
    expect(ok).toBe(true);
    expect(rebuilt.map(({ equal }) => equal)).toEqual(rebuilt.map(() => true));
  });
});

describe("a run, carried to another place", () => {
  it("is shown there as it was, explained, verified and reproduced to the last byte, and starts nothing by itself", async () => {
    const file = home.path("run.history.gz");
    await home.json("export", run.run, "--out", file, "--artifacts");
    const up = await away.millrace("up");
    expect(up.status, up.stderr).toBe(0);
    const imported = await away.json<Imported>("import", file);
    expect(imported).toMatchObject({ run: run.run, standing: 0 });
    const there = await away.run(run.run);
    expect(outputs(there)).toEqual(outputs(run));
    expect(there).toMatchObject({ startedAt: run.startedAt, durationMs: run.durationMs, planDigest: run.planDigest });
    const why = await away.json<{ causes: readonly { sentence: string }[] }>("why", run.run, "model");
    expect(why.causes.length).toBeGreaterThan(0);
    expect(await problems(away)).toEqual([]);

    const reproduced = await away.json<{ verdict: string; run: string }>("reproduce", run.run, "--wait");
    expect(reproduced.verdict).toBe("reproduced");
    expect(await problems(away)).toEqual([]);
    const again = await away.json<Imported>("import", file);
    expect(again).toMatchObject({ written: 0, standing: imported.written });
    const runs = await away.json<readonly { run: string }[]>("runs");
    expect(runs.map((one) => one.run).sort()).toEqual([run.run, reproduced.run].sort());
  });
});

describe("a whole log, carried to another place", () => {
  it("is the same there, at the same moments, and goes on when services are started", async () => {
    const file = home.path("log.history");
    await home.json("export", "--out", file, "--artifacts");
    const running = await away.millrace("import", file, "--json");
    expect(running).toMatchObject({ status: 1 });
    expect(running.stderr).toContain("millrace down");
    await using third = new Workplace();
    await third.json<Imported>("import", file);
    expect(await third.run(run.run)).toMatchObject({ atSequence: run.atSequence, durationMs: run.durationMs });
    const before = new Date(run.startedAt - 1).toISOString();
    expect(await third.json<unknown[]>("runs", "--at", before)).toEqual([]);
    third.copyExample("penguins", "penguins");
    await third.millrace("up");
    const reused = await third.runOn("penguins", "penguins/penguins.csv");
    expect(reused.state).toBe("succeeded");
    expect(reused.nodes.filter(({ cached }) => cached).map(({ node }) => node)).toContain("model");
    expect(await problems(third)).toEqual([]);
  });
});

describe("verify of a log that was tampered with", () => {
  it("names a flipped byte by its path and a forged message by its sequence, exit status 1", async () => {
    const model = run.nodes.find(({ node }) => node === "model")?.outputs[0];
    const place = new URL(`${model?.uri}/`);
    const file = readdirSync(place, { recursive: true, withFileTypes: true }).find((entry) => entry.isFile());
    const path = `${file?.parentPath}/${file?.name}`;
    const bytes = readFileSync(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
    await using stranger = await Stranger.arrive(home.stack().natsUrl);
    const subject = `mr.run.penguins.${run.run}.trainer.model.journal`;
    const sequence = await stranger.publish("garbage", subject, Buffer.from("garbage"));

    const ran = await home.millrace("verify");
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain(`undecodable-message at message ${sequence}`);
    const found = await problems(home);
    expect(found.map(({ code }) => code).sort()).toEqual(["artifact-damaged", "undecodable-message"]);
    expect(found.find(({ code }) => code === "artifact-damaged")).toMatchObject({ digest: model?.digest, path });
  });
});
