import type { Why } from "millrace/projections";
import { expect, it } from "vitest";
import { printWhy } from "./why.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const run = "0123456789abcdef".repeat(2);
const answer: Why = {
  run,
  pipeline: "penguins",
  node: "model",
  component: "trainer",
  verdict: "ran",
  summary: `model ran, and reused nothing: unlike in run ${run}'s model (message 31), code model (./model.ts) is ${digest}, and was nothing.`,
  causes: [
    { sequence: 7, subject: "mr.pipeline.penguins", type: "t", sentence: `Version 1 was registered: plan ${digest}.` },
    { sequence: 120, subject: "s", type: "t", sentence: "model completed, and made nothing." },
  ],
  cache: null,
  nextAttemptAt: null,
  atSequence: 130,
};

it("printWhy() gives the verdict, the whole in short, and message by message what happened, ids by their beginnings", () => {
  expect(printWhy(answer)).toBe(
    [
      "model of run 0123456789ab (penguins), as of message 130: ran",
      "",
      "model ran, and reused nothing: unlike in run 0123456789ab's model (message 31), code model (./model.ts) is",
      "abababababab, and was nothing.",
      "",
      "MESSAGE  WHAT HAPPENED",
      "7        Version 1 was registered: plan abababababab.",
      "120      model completed, and made nothing.",
    ].join("\n"),
  );
});
