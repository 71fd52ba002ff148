import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { drawScenario, plants, shrink, simulate } from "../../runtime/testing/simulation/mod.ts";
import { partsOf } from "./parts.ts";
import { runSchedules } from "./pool.ts";

const threads = Math.min(4, availableParallelism());
/** Generous: a machine that does much else at once is no violation. */
const timeoutMs = 600_000;

async function hashes(): Promise<readonly string[]> {
  const found: string[] = [];
  for (let seed = 1; seed <= 40; seed++) found.push((await simulate(seed, partsOf({}))).hash);
  return found;
}

describe("the simulator", () => {
  it("finds no violation in 10,000 schedules", { timeout: timeoutMs }, async () => {
    const { ran, found } = await runSchedules({ seed: 1, schedules: 10_000, threads });
    expect(found, `npm run -s simulate -- --seed ${found?.seed} tells its story`).toBeUndefined();
    expect(ran).toBe(10_000);
  });

  it.each(plants.map(({ name, rule }) => [name, rule] as const))(
    "finds %s within 10,000 schedules: %s",
    { timeout: timeoutMs },
    async (name) => {
      const plant = plants.find((other) => other.name === name);
      let violated: readonly string[] = [];
      for (let seed = 1; seed <= 10_000 && violated.length === 0; seed++)
        violated = (await simulate(seed, partsOf({}, plant))).violations.map(({ rule }) => rule);
      expect(violated.filter((rule) => plant?.seen.includes(rule))).not.toEqual([]);
    },
  );

  it("replays a seed exactly: the same events at the same times, and others for another seed", async () => {
    const first = await hashes();
    expect(await hashes()).toEqual(first);
    expect(new Set(first).size).toBe(first.length);
  });

  it("meets every kind of fault, and every shape of plan with and without the sweeper", async () => {
    const kinds = new Set<string>();
    const shapes = new Set<string>();
    for (let seed = 1; seed <= 400; seed++) {
      const { faults, scenario } = await simulate(seed, partsOf({}));
      for (const { kind } of faults) kinds.add(kind);
      shapes.add(`${scenario.shape.name} ${scenario.sweeper}`);
    }
    expect(kinds.size).toBe(14);
    expect(shapes.size).toBe(12);
  });

  it("makes a violating schedule small, and it still violates the rule", { timeout: timeoutMs }, async () => {
    const plant = plants.find(({ name }) => name === "no-reclaim");
    const parts = () => partsOf({}, plant);
    let seed = 1;
    let report = await simulate(seed, parts());
    while (report.violations.length === 0) report = await simulate(++seed, parts());
    const small = await shrink(report, parts);
    expect(small.violations.map(({ rule }) => rule)).toContain(report.violations[0]?.rule);
    expect(small.faults.length).toBeLessThanOrEqual(report.faults.length);
    expect(small.lines.length).toBeGreaterThan(0);
  });

  it("draws the same scenario from a seed each time", () => {
    expect(drawScenario(7)).toEqual(drawScenario(7));
  });
});
