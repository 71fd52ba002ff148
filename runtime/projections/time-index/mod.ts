export { KeptTimes } from "./kept-times.ts";
export { TimeIndex, type TimeLag } from "./time-index.ts";
