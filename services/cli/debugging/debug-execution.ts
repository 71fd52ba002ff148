import { type ChildProcess, spawn } from "node:child_process";
import { type DataDirectory, moduleOptions, serviceEnvironment } from "@millrace/local";
import type { ArtifactStore } from "millrace/artifacts";
import type { StartExecution } from "millrace/contracts/millrace/component/v1/executor.ts";
import { ExecutorClient, type ExecutionReport, type ListeningMessage } from "millrace/executor";
import { newEventId } from "millrace/log";
import { executorArgument, Terminal } from "millrace/model";
import { scratchStore } from "./scratch-store.ts";

export interface DebugOptions {
  /** Main module of the component. */
  readonly main: string;
  readonly data: DataDirectory;
  /** The real store, which is only read. */
  readonly store: ArtifactStore;
  /** Directory for what the execution writes. */
  readonly scratch: string;
  readonly start: StartExecution;
  /** Wait for a debugger before the first line. */
  readonly inspectBrk: boolean;
  readonly note: (sentence: string) => void;
}

export interface DebugResult {
  readonly outputs: readonly { readonly name: string; readonly digest: string; readonly path: string }[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly note: string;
}

/**
 * Runs one execution in an executor of its own, in the foreground: what it prints is seen, and a debugger can be
 * attached. It pushes nothing.
 * @throws {MillraceError} what the execution throws.
 */
export async function debugExecution({ store, scratch, start, note, ...options }: DebugOptions): Promise<DebugResult> {
  const written = scratchStore(scratch, store, start);
  const child = startExecutor(options, written.root);
  const address = await listeningAddress(child);
  const executor = new ExecutorClient({ executor: { address } });
  try {
    const onReport = (report: ExecutionReport): void => note(sentenceOf(report));
    const { outputs, metrics, note: remark } = await executor.execute(newEventId(), start, { onReport });
    const made = outputs.flatMap(({ name, artifact }) =>
      artifact === undefined ? [] : [{ name, digest: artifact.digest }],
    );
    const places = await Promise.all(made.map(({ digest }) => written.open(digest)));
    return {
      outputs: made.map(({ name, digest }, index) => ({ name, digest, path: places[index] ?? "" })),
      metrics,
      note: remark,
    };
  } finally {
    await executor.close();
    child.disconnect();
  }
}

function startExecutor(
  { main, data, inspectBrk }: Pick<DebugOptions, "main" | "data" | "inspectBrk">,
  store: string,
): ChildProcess {
  const debug = inspectBrk ? ["--inspect-brk"] : [];
  return spawn(process.execPath, [...moduleOptions(), ...debug, main, executorArgument, "127.0.0.1:0"], {
    cwd: data.project,
    env: { ...serviceEnvironment(data, "", process.env), MILLRACE_STORE: store },
    stdio: ["ignore", 2, 2, "ipc"],
  });
}

function listeningAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("message", (message: ListeningMessage) => resolve(message.listening));
    child.once("exit", (code) =>
      reject(new Terminal("executor-start", `Cannot start the executor: it ended with exit code ${code}`)),
    );
  });
}

function sentenceOf(report: ExecutionReport): string {
  switch (report.$case) {
    case "progress":
      return `${Math.round(report.value.fraction * 100)} % ${report.value.message}`;
    case "log":
      return report.value.message;
    case "metric":
      return `${report.value.name} ${report.value.value} at ${report.value.step}`;
  }
}
