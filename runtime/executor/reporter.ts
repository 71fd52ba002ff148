import type { ExecuteResponse } from "../contracts/millrace/component/v1/executor.ts";
import { headOf } from "./text-head.ts";

/** pino's levels. */
export const logLevels = { debug: 20, info: 30, warn: 40, error: 50 } as const;
export type LogLevel = keyof typeof logLevels;

/** What an execution says while it works. */
export interface Reporter {
  /** @param fraction Done so far, 0 to 1. */
  progress(fraction: number, message?: string): void;
  metric(name: string, value: number, step: number): void;
  log(level: LogLevel, line: string): void;
}

/** A report that isn't the last one. */
export type ExecutionReport = Extract<
  NonNullable<ExecuteResponse["report"]>,
  { readonly $case: "progress" | "log" | "metric" }
>;

/** Shortest time between two progress reports, in milliseconds; those between are left out. */
const progressIntervalMs = 100;
const logLinesMax = 1_000;
const logLineBytesMax = 8 << 10;
const progressMessageBytesMax = 1 << 10;
const metricsMax = 10_000;

/**
 * Bounds what one execution may report, so that a chatty one neither fills the stream nor the agent's memory.
 * @param nowMs A clock that only goes forward, in milliseconds.
 */
export function boundedReporter(send: (report: ExecutionReport) => void, nowMs: () => number): Reporter {
  let lastProgressMs = -Infinity;
  let lines = 0;
  let metrics = 0;
  const sendLog = (level: LogLevel, line: string) => {
    const message = headOf(line, logLineBytesMax);
    send({ $case: "log", value: { level: logLevels[level], message } });
  };
  return {
    progress(fraction, message = "") {
      const now = nowMs();
      if (now - lastProgressMs < progressIntervalMs && fraction < 1) return;
      lastProgressMs = now;
      send({ $case: "progress", value: { fraction, message: headOf(message, progressMessageBytesMax) } });
    },
    metric(name, value, step) {
      metrics += 1;
      if (metrics <= metricsMax) send({ $case: "metric", value: { name, value, step: BigInt(step) } });
    },
    log(level, line) {
      lines += 1;
      if (lines <= logLinesMax) sendLog(level, line);
      else if (lines === logLinesMax + 1) sendLog("warn", `More than ${logLinesMax} log lines: the rest is left out`);
    },
  };
}
