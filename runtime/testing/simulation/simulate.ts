import { runsOf, startActs } from "./acts.ts";
import { drawnFaults, toldFaults } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { checkBytes, checkWorking, historyOf, judge, openRuns } from "./referee/mod.ts";
import { drawScenario } from "./scenario.ts";
import type { Scenario, ScenarioOptions } from "./scenario.ts";
import { Trace } from "./trace.ts";
import { World } from "./world.ts";
import type { Defect, StartIngest, Violation } from "./world.ts";

/** Virtual time within which everything must have ended once faults are over. */
const deadlineMs = 1_200_000;

/** What a simulation is made of beside its seed. */
export interface SimulationParts {
  readonly startIngest: StartIngest;
  readonly defect?: Defect | undefined;
  readonly options?: ScenarioOptions;
}

/** How a schedule went. */
export interface Report {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  readonly faults: readonly Fault[];
  /** The same for the same seed: over everything that happened, and when. */
  readonly hash: string;
  readonly lines: readonly string[];
  readonly messages: number;
  readonly virtualMs: number;
}

export interface ScheduleOptions {
  /** The faults to meet instead of those that the seed draws. */
  readonly faults?: readonly Fault[];
  /** The scenario instead of the one that the seed draws. */
  readonly scenario?: Scenario;
  /** Whether to keep the trace's lines. */
  readonly trace?: boolean;
}

/** Runs one schedule to its end and judges it. */
export async function simulate(
  seed: number,
  { startIngest, defect, options }: SimulationParts,
  { faults: told, scenario = drawScenario(seed, options), trace: keep = false }: ScheduleOptions = {},
): Promise<Report> {
  const faults = told ? toldFaults(told) : drawnFaults(seed, scenario.profile);
  const trace = new Trace(keep);
  const world = new World(scenario, faults, startIngest, defect, trace);
  const forgetIds = world.drawIds();
  const onRejection = (reason: unknown) => world.violate("unhandled-rejection", String(reason));
  process.on("unhandledRejection", onRejection);
  try {
    world.onWritten((written) => checkBytes(world, written));
    world.server.onWorking = (process, trigger, receivedMs) => checkWorking(world, process, trigger, receivedMs);
    world.startAll();
    let acting = true;
    startActs(world).then(
      () => (acting = false),
      (thrown: unknown) => world.violate("unexpected-error", String(thrown)),
    );
    const ended = () => !acting && world.quiet && (!scenario.sweeper || nothingToSweep(world));
    const quiet = await world.scheduler.run(ended, deadlineMs);
    if (!quiet) world.violate("never-quiet", `after ${deadlineMs / 1_000} s there is still work under way`);
    judge(world);
    checkStarted(world);
  } finally {
    process.off("unhandledRejection", onRejection);
    forgetIds();
  }
  return {
    seed,
    scenario,
    violations: world.violations,
    faults: faults.struck,
    hash: trace.hash,
    lines: trace.lines ?? [],
    messages: world.server.written.length,
    virtualMs: world.scheduler.nowMs,
  };
}

/** Whether the sweeper has nothing left to do: every run has ended and fanned out. */
function nothingToSweep(world: World): boolean {
  return openRuns(historyOf(world.server.written)).length === 0;
}

/** Every dataset event has started a run of every pipeline. */
function checkStarted(world: World): void {
  const runs = historyOf(world.server.written).runs;
  for (const act of world.scenario.acts)
    if (act.kind === "publish")
      for (const { pipeline, run } of runsOf(world, act.id))
        if ((runs.get(`${pipeline}.${run}`)?.started.length ?? 0) === 0)
          world.violate("never-started", `event ${act.id} started no run of ${pipeline}`);
}
