export { actLine } from "./acts.ts";
export { faultLine } from "./faults.ts";
export * from "./plants/mod.ts";
export { drawScenario } from "./scenario.ts";
export { shrink } from "./shrink.ts";
export { simulate, type Report, type SimulationParts } from "./simulate.ts";
export type { StartIngest } from "./world.ts";
