import type { NodeView, RunView } from "millrace/projections";
import { describe, expect, it } from "vitest";
import { printRun } from "./run.ts";
import { printTable } from "./table.ts";
import { duration, metric, moment, shortDigest } from "./values.ts";

const node = (name: string, more: Partial<NodeView>): NodeView => ({
  node: name,
  component: "trainer",
  state: "succeeded",
  attempts: 1,
  cached: false,
  startedAt: 0,
  durationMs: 1_500,
  sequence: 1,
  codeDigest: null,
  executor: { backend: "", version: "", versions: {} },
  inputs: [],
  outputs: [],
  failure: null,
  nextAttemptAt: null,
  note: null,
  reused: null,
  taken: false,
  metrics: {},
  ...more,
});

const view = (nodes: readonly NodeView[], more: Partial<RunView> = {}): RunView => ({
  run: "0123456789abcdef0123456789abcdef",
  pipeline: "penguins",
  planDigest: "",
  state: "succeeded",
  epoch: 0,
  atSequence: 9,
  startedAt: 0,
  durationMs: 61_000,
  reason: null,
  trigger: "",
  nodes,
  metrics: {},
  metricsByNode: {},
  pushed: null,
  kind: "ordinary",
  of: null,
  effects: true,
  verdict: null,
  ...more,
});

describe("printRun()", () => {
  it("shows nodes, metrics and what was pushed", () => {
    const output = { name: "model", type: "Model", digest: `sha256:${"ab".repeat(32)}`, uri: "", properties: {} };
    const pushed = { version: 7, uri: "file:///push/serving/penguins/7" };
    const text = printRun(view([node("model", { outputs: [output] })], { metrics: { accuracy: 0.98765 }, pushed }));
    expect(text).toContain("Run 0123456789ab of pipeline penguins: succeeded, 1 min 1 s, started 1970-01-01 00:00:00Z");
    expect(text).toMatch(/^model +trainer +succeeded +1 +1\.5 s +abababababab$/m);
    expect(text).toMatch(/^accuracy +0\.9877$/m);
    expect(text).toContain("Pushed version 7 to file:///push/serving/penguins/7");
  });

  it("says which run it reproduces, and what differs", () => {
    const equal = {
      node: "schema",
      name: "schema",
      was: "sha256:a",
      is: "sha256:a",
      equal: true,
      firstDifference: null,
    };
    const other = {
      ...equal,
      node: "model",
      name: "model",
      is: "sha256:b",
      equal: false,
      firstDifference: "file w: byte 3",
    };
    const where = { componentVersion: "1", versions: {} };
    const environments = [
      { node: "model", was: { ...where, backend: "wasm" }, is: { ...where, backend: "tensorflow" } },
    ];
    const verdict = {
      verdict: "diverged",
      sequence: 9,
      outputs: [equal, other],
      outputsOmitted: 0,
      environments,
    } as const;
    const text = printRun(view([], { kind: "reproduction", of: "ab".repeat(16), effects: false, verdict }));
    expect(text).toContain("Reproduces run abababababab: diverged, 1 of 2 outputs differ\nmodel.model: file w: byte 3");
    expect(text).toContain("model ran elsewhere: backend wasm, now tensorflow");
    const equalVerdict = { ...verdict, verdict: "reproduced", outputs: [equal], environments: [] } as const;
    expect(printRun(view([], { kind: "reproduction", of: "ab".repeat(16), verdict: equalVerdict }))).toContain(
      "Reproduces run abababababab: reproduced, all 1 outputs equal",
    );
  });

  it("says which run it forks, and which nodes it took from there", () => {
    const text = printRun(
      view([node("schema", { cached: true, taken: true })], { kind: "fork", of: "ab".repeat(16), effects: false }),
    );
    expect(text).toContain("Forks run abababababab, without effects: nothing is blessed or pushed");
    expect(text).toMatch(/^schema +trainer +succeeded \(taken\)/m);
  });

  it("says of a failed node where the author's code failed, with its stack and the end of its stderr", () => {
    const failure = {
      code: "user-code",
      message: "model threw Error: no",
      file: "model.ts",
      line: 5,
      stack: "Error: no\n    at model.ts:5:3",
      stderrTail: "warning: odd",
    };
    const text = printRun(view([node("model", { state: "failed", failure })], { state: "failed" }));
    expect(text).toContain(
      "model failed (user-code) at model.ts:5: model threw Error: no\nError: no\n    at model.ts:5:3\nstderr ends:\nwarning: odd",
    );
  });

  it("says of a reused node that it took nothing", () => {
    expect(printRun(view([node("model", { cached: true, attempts: 0 })]))).toMatch(
      /^model +trainer +succeeded \(cached\) +0$/m,
    );
  });
});

describe("printTable()", () => {
  it("aligns columns by their widest cell, colours and wide characters aside", () => {
    expect(
      printTable(
        ["name", "n"],
        [
          ["Ålesund", "1"],
          ["東京", "22"],
        ],
      ),
    ).toBe("NAME     N\nÅlesund  1\n東京     22");
  });
});

describe("values", () => {
  it.each([
    [null, ""],
    [0, "0 ms"],
    [999.4, "999 ms"],
    [1_000, "1.0 s"],
    [59_949, "59.9 s"],
    [125_000, "2 min 5 s"],
  ])("duration(%s) is %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it("shortens digests and metrics, and tells times in UTC", () => {
    expect(shortDigest(`sha256:${"0123456789abcdef".repeat(4)}`)).toBe("0123456789ab");
    expect([metric(236), metric(0.000_04), metric(1)]).toEqual(["236", "4.0e-5", "1"]);
    expect(moment(1_700_000_000_000)).toBe("2023-11-14 22:13:20Z");
  });
});
