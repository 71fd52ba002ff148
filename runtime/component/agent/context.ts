import type { ArtifactStore } from "../../artifacts/mod.ts";
import type { ExecutionSucceeded, StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import type { ExecutionEnvironment } from "../../contracts/millrace/event/v1/event.ts";
import type { Plans } from "../../driver/mod.ts";
import type { ExecutionReport } from "../../executor/mod.ts";
import type { Log, Subjects } from "../../log/mod.ts";
import type { Declaration } from "../../pipeline/mod.ts";
import type { RunningSet } from "./running.ts";
import type { Slots } from "./slots.ts";

/** What an agent asks of its executor. */
export interface AgentExecutor {
  /**
   * Executes, and resolves with the committed outputs.
   * @throws {MillraceError} what the executor reported, or `executor-crashed`, with the tail of its stderr as detail.
   */
  execute(
    executionId: string,
    start: StartExecution,
    options: { readonly signal: AbortSignal; readonly onReport?: (report: ExecutionReport) => void },
  ): Promise<ExecutionSucceeded>;
}

/** The agent's log lines: structured, with run and node. */
export interface AgentLogger {
  debug(fields: object, line: string): void;
  info(fields: object, line: string): void;
  warn(fields: object, line: string): void;
  error(fields: object, line: string): void;
}

/** Counts since start, for Status and metrics. */
export interface AgentCounts {
  claimsWon: number;
  claimsLost: number;
  reused: number;
  undecodable: number;
}

/** Everything an agent's steps share. */
export interface AgentContext {
  readonly declaration: Declaration;
  readonly environment: ExecutionEnvironment;
  readonly log: Log;
  readonly subjects: Subjects;
  readonly store: ArtifactStore;
  readonly plans: Plans;
  readonly executor: AgentExecutor;
  readonly running: RunningSet;
  readonly slots: Slots;
  readonly counts: AgentCounts;
  readonly logger: AgentLogger;
  /** Subject token of a destination that a push names in its parameters. */
  readonly destinationOf: (parametersJson: string) => string;
}
