import type { Plant, SimulationParts } from "../../runtime/testing/simulation/mod.ts";
import type { ScheduleChoice } from "./pool.ts";
import { startIngest } from "./start-ingest.ts";

/** What schedules of a choice are made of; a defect is made anew for each. */
export function partsOf({ sweeper }: Pick<ScheduleChoice, "sweeper">, plant?: Plant): SimulationParts {
  if (plant === undefined) return { startIngest, options: { sweeper } };
  return { startIngest, defect: plant.defect(), options: { sweeper: sweeper ?? false, ...plant.options } };
}
