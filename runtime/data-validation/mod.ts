export { detectAnomalies } from "./anomalies/detect.ts";
export type { ControlStatistics } from "./anomalies/drift.ts";
export { jensenShannonDivergence } from "./anomalies/jensen-shannon.ts";
export { type LInfinityDistance, lInfinityDistance } from "./anomalies/l-infinity.ts";
export {
  type FoundAnomaly,
  readAnomalies,
  type SplitAnomalies,
  summarizeAnomalies,
  writeAnomalies,
} from "./files/anomalies-files.ts";
export { readSchema, writeSchema } from "./files/schema-file.ts";
export { includedSplits, splitsIn } from "./files/split-files.ts";
export { readStatistics, writeStatistics } from "./files/statistics-files.ts";
export type { InferenceOptions } from "./schema/create-feature.ts";
export { inferSchema, updateSchema } from "./schema/infer.ts";
export { generateStatistics, type StatisticsOptions } from "./statistics/generate.ts";
export { anomaliesType } from "./text-format/anomalies-type.ts";
export { messageType, type MessageJson, type MessageType } from "./text-format/message-type.ts";
export { parseText } from "./text-format/parse.ts";
export { printText } from "./text-format/print.ts";
export { schemaType } from "./text-format/schema-type.ts";
export { statisticsType } from "./text-format/statistics-type.ts";
