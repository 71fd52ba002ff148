import type { Fault } from "./faults.ts";
import type { Scenario } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import type { Report, SimulationParts } from "./simulate.ts";

/** Schedules tried before the smallest found so far is good enough. */
const triesMax = 400;

/**
 * Makes a schedule that violates a rule small: whatever can be left out, fault by fault and act by act, with a rule of
 * those violated still violated, is left out.
 * @param parts What each schedule is made of, made anew for each.
 * @returns the smallest found, with its trace.
 */
export async function shrink(report: Report, parts: () => SimulationParts): Promise<Report> {
  const rules = new Set(report.violations.map(({ rule }) => rule));
  let tries = 0;
  let smallest: Attempt = { faults: report.faults, scenario: report.scenario };
  const fails = async (attempt: Attempt): Promise<boolean> => {
    tries += 1;
    const { violations } = await simulate(report.seed, parts(), attempt);
    return violations.some(({ rule }) => rules.has(rule));
  };
  const next = async (): Promise<Attempt | undefined> => {
    for (const smaller of smallerThan(smallest)) if (tries < triesMax && (await fails(smaller))) return smaller;
    return undefined;
  };
  if (!(await fails(smallest))) return simulate(report.seed, parts(), { trace: true });
  for (let smaller = await next(); smaller !== undefined; smaller = await next()) smallest = smaller;
  return simulate(report.seed, parts(), { ...smallest, trace: true });
}

interface Attempt {
  readonly faults: readonly Fault[];
  readonly scenario: Scenario;
}

/** Every schedule that is smaller by one thing. */
function* smallerThan({ faults, scenario }: Attempt): Iterable<Attempt> {
  for (const index of faults.keys()) yield { scenario, faults: faults.toSpliced(index, 1) };
  for (const index of scenario.acts.keys())
    yield { faults, scenario: { ...scenario, acts: scenario.acts.toSpliced(index, 1) } };
  if (scenario.lag.probability > 0)
    yield { faults, scenario: { ...scenario, lag: { ...scenario.lag, probability: 0 } } };
  if (scenario.sweeper) yield { faults, scenario: { ...scenario, sweeper: false } };
  if (scenario.skewed) yield { faults, scenario: { ...scenario, skewed: false } };
}
