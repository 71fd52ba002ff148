export { anomaliesType } from "./text-format/anomalies-type.ts";
export { messageType, type MessageJson, type MessageType } from "./text-format/message-type.ts";
export { parseText } from "./text-format/parse.ts";
export { printText } from "./text-format/print.ts";
export { schemaType } from "./text-format/schema-type.ts";
export { statisticsType } from "./text-format/statistics-type.ts";
