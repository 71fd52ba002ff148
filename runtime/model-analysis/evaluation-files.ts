import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { canonicalJson, Terminal } from "../model/mod.ts";
import { thresholdSchema } from "../pipeline/mod.ts";
import type { Evaluation } from "./evaluate-classifier.ts";
import type { ThresholdFailure } from "./thresholds.ts";

const configFile = "eval_config.json";

const configSchema = v.object({
  format: v.literal("millrace.eval-config/1"),
  /** Digest of the model that was evaluated. */
  model: v.string(),
  /** Digest of the examples it was evaluated on. */
  examples: v.string(),
  split: v.string(),
  slices: v.array(v.array(v.string())),
  weight: v.optional(v.string()),
  thresholds: v.record(v.string(), thresholdSchema),
});

/** What was evaluated and what is expected of it: `eval_config.json`. Source: TFMA EvalConfig. */
export type EvaluationConfig = Omit<v.InferOutput<typeof configSchema>, "format">;

/**
 * Writes a ModelEvaluation: `eval_config.json`; `metrics.json` (`classes` by index, and by slice: `metrics`, `classes`,
 * `confusionMatrix`, `calibrationBuckets`); `validations.json` (`validationOk`, and the thresholds not met).
 * Canonical JSON, so equal evaluations are equal bytes. Source: TFX ModelEvaluation.
 */
export async function writeEvaluation(
  path: string,
  config: EvaluationConfig,
  evaluation: Evaluation,
  failures: readonly ThresholdFailure[],
): Promise<void> {
  const changes = Object.keys(config.thresholds).filter((name) => config.thresholds[name]?.change !== undefined);
  const files = {
    [configFile]: { format: "millrace.eval-config/1", ...config },
    "metrics.json": { format: "millrace.metrics/1", ...evaluation },
    "validations.json": {
      format: "millrace.validations/1",
      validationOk: failures.length === 0,
      failures,
      // Changes need a baseline: the model validator checks them.
      changesNotChecked: changes.sort(),
    },
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(path, name), `${canonicalJson(content)}\n`);
  }
}

/**
 * Reads the configuration of a ModelEvaluation.
 * @throws {Terminal} `not-an-evaluation`.
 */
export function readEvaluationConfig(path: string): EvaluationConfig {
  const file = join(path, configFile);
  try {
    const { format: _format, ...config } = v.parse(configSchema, JSON.parse(readFileSync(file, "utf8")));
    return config;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Terminal("not-an-evaluation", `Cannot read ${file} as a model evaluation's configuration: ${why}`, {
      file,
      cause,
    });
  }
}
