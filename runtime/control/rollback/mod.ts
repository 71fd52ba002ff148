export * from "./finish-roll-back.ts";
export * from "./roll-back.ts";
export type { PushSource, VersionRestorer } from "./version-restorer.ts";
