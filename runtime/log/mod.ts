export { appendEvent, type AppendedEvent, type AppendEventOptions } from "./appender.ts";
export { type Clock, every, ManualClock, pause, systemClock } from "./clock.ts";
export { drawEventIdsFrom, encodeEvent, eventBytesMax, newEventId, readEvent, type ReadEvent } from "./event-codec.ts";
export { cloudEventType, eventHeaders, type EventHeaderOptions } from "./event-headers.ts";
export * from "./log.ts";
export { MemoryLog } from "./memory-log.ts";
export { MemoryStream, type MemoryStreamOptions } from "./memory-stream.ts";
export * from "./subject.ts";
export { subjectMatcher } from "./subject-filter.ts";
