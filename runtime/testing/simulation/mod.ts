export { faultLine, type Fault } from "./faults.ts";
export * from "./plants/mod.ts";
export * from "./scenario.ts";
export { simulate, type Report, type ScheduleOptions, type SimulationParts } from "./simulate.ts";
export { type Defect, type IngestPlace, type StartIngest, type Violation, World } from "./world.ts";
