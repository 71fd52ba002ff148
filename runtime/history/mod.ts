export { checkHistory, type CheckedHistory } from "./check-history.ts";
export { type Exported, type ExportOptions, exportLog } from "./export-log.ts";
export { exportRun, type RunName } from "./export-run.ts";
export { type Imported, importHistory } from "./import-history.ts";
export { type HistoryItem, openHistory, type OpenHistory, readHeader } from "./read-history.ts";
export { bundlesOfPlan, type Reference, referencesOf } from "./references.ts";
export { type RecordValue, writeHistory } from "./write-history.ts";
