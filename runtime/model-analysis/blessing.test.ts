import { describe, expect, it } from "vitest";
import { decideBlessing, type BlessingCase } from "./blessing.ts";

const lookup = (values: Readonly<Record<string, number>>) => (name: string) => values[name];

const first: BlessingCase = {
  candidate: lookup({ accuracy: 0.91, loss: 0.3 }),
  baseline: undefined,
  thresholds: {},
  comparison: { metric: "accuracy", direction: "higher-is-better", tolerance: 0 },
  anomalies: [],
  onAnomalies: "withhold",
};

const anomaly = { split: "eval", feature: "sex", description: "Column dropped" };

describe("decideBlessing()", () => {
  it("accepts the first model of a pipeline", () => {
    expect(decideBlessing(first)).toEqual({
      blessed: true,
      objections: [],
      warnings: [],
      sentence: "blessed: the first model of the pipeline, accuracy 0.91",
    });
  });

  it("skips change thresholds for a first model but holds it to value thresholds", () => {
    const change = { direction: "higher-is-better", absolute: 1 } as const;
    expect(decideBlessing({ ...first, thresholds: { accuracy: { change } } }).blessed).toBe(true);
    expect(decideBlessing({ ...first, thresholds: { accuracy: { min: 0.95 } } })).toMatchObject({
      blessed: false,
      sentence: "not blessed: accuracy 0.91 is below the minimum 0.95",
    });
  });

  it("says by how much a model is worse than the baseline", () => {
    expect(decideBlessing({ ...first, baseline: lookup({ accuracy: 0.97 }) })).toMatchObject({
      blessed: false,
      objections: [{ code: "worse-than-baseline" }],
      sentence: "not blessed: accuracy 0.91 is 0.06 below the baseline's 0.97",
    });
  });

  it.each([
    ["higher-is-better", 0.97, 0.06, true],
    ["higher-is-better", 0.97, 0.05, false],
    ["higher-is-better", 0.91, 0, true],
    ["higher-is-better", 0.9, 0, true],
    ["lower-is-better", 0.9, 0, false],
    ["lower-is-better", 0.9, 0.01, true],
    ["lower-is-better", 0.97, 0, true],
  ] as const)("compares %s 0.91 with %f, tolerance %f: blessed %s", (direction, before, tolerance, blessed) => {
    const baseline = lookup({ accuracy: before });
    const comparison = { metric: "accuracy", direction, tolerance };
    expect(decideBlessing({ ...first, baseline, comparison }).blessed).toBe(blessed);
  });

  it("withholds the blessing for anomalies, or warns of them", () => {
    const found = { ...first, anomalies: [anomaly, { ...anomaly, split: "train" }] };
    expect(decideBlessing(found)).toMatchObject({
      blessed: false,
      objections: [{ code: "data-anomalies" }],
      sentence: "not blessed: the data has anomalies: sex in eval (Column dropped) and 1 more",
    });
    expect(decideBlessing({ ...found, onAnomalies: "warn" })).toMatchObject({
      blessed: true,
      objections: [],
      warnings: [{ code: "data-anomalies" }],
    });
  });

  it("withholds the blessing if the metric to compare by does not exist", () => {
    const comparison = { metric: "acuracy", direction: "higher-is-better", tolerance: 0 } as const;
    expect(decideBlessing({ ...first, baseline: lookup({ accuracy: 0.1 }), comparison })).toMatchObject({
      blessed: false,
      objections: [{ code: "metric-missing" }],
    });
  });

  it("gives every objection at once, each once", () => {
    const thresholds = { auc: { min: 0.5, change: { direction: "higher-is-better" } } } as const;
    const { objections } = decideBlessing({ ...first, baseline: lookup({ accuracy: 0.97, auc: 1 }), thresholds });
    expect(objections.map(({ code }) => code)).toEqual(["metric-missing", "worse-than-baseline"]);
  });
});
