import { describe, expect, it } from "vitest";
import { FailureClass, RunKind } from "../../contracts/millrace/event/v1/event.ts";
import type { Failure, RunOptions } from "../../contracts/millrace/event/v1/event.ts";
import type { Artifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import type { Body, Fact } from "./run-facts.ts";
import { sentenceOf } from "./sentence.ts";

const journal = "mr.run.penguins.r2.trainer.model.journal";
const model: Artifact = { type: "Model", digest: "sha256:m", bytes: 9n, files: 1, properties: {} };
const options: RunOptions = {
  noCache: false,
  originRun: "",
  noEffects: false,
  kind: RunKind.RUN_KIND_UNSPECIFIED,
  takenNodes: [],
  pinnedInputs: [],
};
const failure: Failure = {
  code: "user-code",
  message: "no such bird",
  file: "model.ts",
  line: 12,
  column: 0,
  stack: "",
  stderrTail: "",
};
const environment = { componentVersion: "1.2.0", backend: "wasm", versions: {} };
const claim = { durable: "d", triggerSequence: 40n, inputs: [], environment, cacheKey: "k", blessedSequence: 0n };
const execution = {
  pipeline: "penguins",
  run: "r1",
  component: "trainer",
  node: "model",
  completedEventId: "e",
  completedSequence: 31n,
};
const outputs = [
  { name: "model", artifact: model },
  { name: "left-out", artifact: undefined },
];
const completed = { claimEventId: "c", outputs, reused: undefined, metrics: {}, environment, inputs: [], note: "" };
const push = { version: 70n, model, run: "r2", node: "pushed", pipeline: "penguins", blessedSequence: 60n };
const run = {
  pipeline: "penguins",
  run: "r2",
  planDigest: "sha256:p",
  planSequence: 1n,
  datasetSequence: 2n,
  datasetEventDigest: "",
  dataset: { ...model, digest: "sha256:d" },
  seed: 7n,
  options,
  trigger: "nightly/12",
  planEventId: "",
  planArtifactDigest: "",
};
const verdict = { originalRun: "r1", environments: [], outcome: undefined, outputsOmitted: 0 };

function sentence(body: Body, subject: string): string {
  const fact: Fact = { sequence: 70, subject, type: "", timeMs: 1_000, eventId: "e", epoch: 0, body };
  return sentenceOf(fact, { run: "r2", attemptsMax: () => 3, missOf: () => "nobody did this", attemptOf: () => 2 });
}

describe("sentenceOf()", () => {
  it.each<[string, Body, string]>([
    [
      journal,
      { $case: "claimed", value: { ...claim, attempt: 1, cacheMiss: 1 } },
      "model was claimed by trainer 1.2.0 on wasm, attempt 1 of 3, woken by message 40. It reused nothing: nobody did this.",
    ],
    [
      journal,
      {
        $case: "failed",
        value: { claimEventId: "c", class: FailureClass.FAILURE_CLASS_RETRYABLE, failure, delayMs: 2_000n },
      },
      "model failed in attempt 2 of 3 (user-code): no such bird. At model.ts:12. The next attempt is due at 1970-01-01T00:00:03.000Z.",
    ],
    [
      journal,
      {
        $case: "failed",
        value: { claimEventId: "c", class: FailureClass.FAILURE_CLASS_TERMINAL, failure, delayMs: 0n },
      },
      "model failed for good in attempt 2 of 3 (user-code): no such bird. At model.ts:12.",
    ],
    [
      journal,
      { $case: "completed", value: { ...completed, cacheKey: "k" } },
      "model completed, and made model (Model) sha256:m.",
    ],
    [
      "mr.run.penguins.r1.trainer.model.journal",
      { $case: "completed", value: { ...completed, cacheKey: "k" } },
      "Run r1's model completed, and made model (Model) sha256:m.",
    ],
    [
      journal,
      { $case: "completed", value: { ...completed, reused: execution, cacheKey: "k" } },
      "model reused the outcome of run r1's model (message 31), which did the same: cache key k. It has model (Model) sha256:m.",
    ],
    [
      journal,
      { $case: "completed", value: { ...completed, cacheKey: "", reused: execution, note: "version 9 serves it" } },
      "model reused the outcome of run r1's model (message 31). It has model (Model) sha256:m. Version 9 serves it.",
    ],
    [
      journal,
      { $case: "skipped", value: { input: "graph", causeNode: "features", reason: "features failed" } },
      "model was skipped, as its input graph will not come: features failed.",
    ],
    [journal, { $case: "cancelled", value: { claimEventId: "", reason: "enough" } }, "model was cancelled: enough."],
    [
      "mr.dataset.penguins",
      {
        $case: "datasetPublished",
        value: {
          dataset: "",
          source: "nightly",
          sourceEventId: "12",
          uri: "a.csv",
          format: "",
          digest: "",
          span: undefined,
          version: undefined,
          time: "",
          noCache: false,
        },
      },
      "Dataset penguins was published by nightly as event 12: a.csv.",
    ],
    [
      "mr.pipeline.penguins",
      {
        $case: "pipelineRegistered",
        value: { version: 3, planDigest: "sha256:p", plan: undefined, planArtifactDigest: "" },
      },
      "Version 3 of pipeline penguins was registered: plan sha256:p.",
    ],
    [
      "mr.run.penguins.r2._._.started",
      { $case: "runStarted", value: { ...run, options: { ...options, noCache: true } } },
      "Run r2 of pipeline penguins was started by event nightly/12, on dataset sha256:d, seed 7. It never uses the cache.",
    ],
    [
      "mr.run.penguins.r2._._.started",
      {
        $case: "runStarted",
        value: {
          ...run,
          options: { ...options, kind: RunKind.RUN_KIND_FORK, originRun: "r1", takenNodes: ["examples", "schema"] },
        },
      },
      "Run r2 of pipeline penguins was started as a fork of run r1, and takes examples, schema from there, on dataset sha256:d, seed 7.",
    ],
    [
      "mr.run.penguins.r2._._.started",
      {
        $case: "runStarted",
        value: { ...run, options: { ...options, kind: RunKind.RUN_KIND_REPRODUCTION, originRun: "r1" } },
      },
      "Run r2 of pipeline penguins was started to reproduce run r1, on dataset sha256:d, seed 7.",
    ],
    [
      "mr.run.penguins.r2._._.control",
      { $case: "cancelRequested", value: { reason: "wrong data" } },
      "Someone asked for the run to be cancelled: wrong data.",
    ],
    [
      "mr.run.penguins.r2._._.control",
      {
        $case: "resumed",
        value: {
          outcome: undefined,
          reason: "mended",
          plan: { digest: "sha256:q", eventId: "", sequence: 0n, artifactDigest: "" },
        },
      },
      "The run was resumed (mended): what had failed, was skipped or cancelled is open again. It follows plan sha256:q since.",
    ],
    [
      "mr.run.penguins.r2._._.control",
      { $case: "nudged", value: { reason: "silent" } },
      "The sweeper woke the run (silent).",
    ],
    [
      "mr.run.penguins.r2._._.outcome",
      { $case: "runFailed", value: { epoch: 0, heads: [], node: "model", code: "user-code", message: "no such bird" } },
      "The run ended: model failed (user-code): no such bird.",
    ],
    [
      "mr.run.penguins.r2._._.verdict",
      {
        $case: "reproductionVerdict",
        value: {
          ...verdict,
          reproduced: false,
          outputs: [{ node: "model", output: "model", was: "a", is: "b", firstDifference: "model.json, byte 7" }],
        },
      },
      "The run diverged from run r1: model.model: model.json, byte 7.",
    ],
    [
      "mr.run.penguins.r2._._.verdict",
      { $case: "reproductionVerdict", value: { ...verdict, reproduced: true, outputs: [] } },
      "Every output is equal to run r1's: reproduced.",
    ],
    [
      "mr.cache.trainer.k",
      { $case: "cacheRevoked", value: { reason: "the bytes are gone" } },
      "What was in the cache may not be reused any more: the bytes are gone.",
    ],
    [
      "mr.blessed.penguins",
      {
        $case: "modelBlessed",
        value: { model, run: "r2", node: "blessing", claimEventId: "c", baselineDigest: "sha256:b" },
      },
      "Model sha256:m was blessed by run r2, measured by sha256:b.",
    ],
    [
      "mr.target.serving",
      { $case: "pushIntended", value: { push: { ...push, version: 0n }, claimEventId: "c" } },
      "Run r2 set out to push model sha256:m as version 70.",
    ],
    [
      "mr.target.serving",
      { $case: "pushed", value: { push, uri: "serving/penguins/70" } },
      "Version 70 was pushed, model sha256:m: serving/penguins/70.",
    ],
    [
      "mr.target.serving",
      { $case: "rolledBack", value: { undone: push, served: { ...push, version: 50n }, reason: "bad predictions" } },
      "Version 70 was taken back; version 50 is served: bad predictions.",
    ],
  ])("says of a message on %s what happened", (subject, body, expected) => {
    expect(sentence(body, subject)).toBe(expected);
  });
});
