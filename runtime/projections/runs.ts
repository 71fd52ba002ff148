import { subjectsOf } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { parseSubject } from "../log/mod.ts";
import { Terminal } from "../model/mod.ts";
import { emptyRun, evolveRun } from "./run.ts";
import type { RunFold } from "./run.ts";
import { stateOfRun } from "./run-view.ts";
import type { RunStateName } from "./run-view.ts";

/** A line of the list of runs. */
export interface RunSummary {
  readonly run: string;
  readonly pipeline: string;
  readonly state: RunStateName;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly trigger: string;
}

/** Where a read ends: the whole log, or as it was at a sequence. */
export interface ReadAt {
  readonly to?: number;
}

/**
 * All runs, newest first, folded from starts, controls, outcomes and journals.
 * @param nowMs For the durations of runs that have not ended, Unix epoch milliseconds.
 */
export async function listRuns(log: Log, nowMs: number, at: ReadAt = {}): Promise<readonly RunSummary[]> {
  const runs = await foldRuns(log, at);
  return [...runs.values()]
    .filter(({ started }) => started !== undefined)
    .map((fold) => summaryOf(fold, nowMs))
    .sort((a, b) => b.startedAt - a.startedAt || (a.run < b.run ? 1 : -1));
}

/** Every run's fold, by run id, in the order in which they started. */
export async function foldRuns(log: Log, at: ReadAt = {}): Promise<ReadonlyMap<string, RunFold>> {
  const { filters } = subjectsOf(log.namespace);
  const runs = new Map<string, RunFold>();
  for await (const entry of log.read([filters.started, filters.control, filters.outcomes, filters.journals], at))
    foldInto(runs, entry);
  return runs;
}

/**
 * Finds a run by id, by a prefix of its id that names one only, or as `latest`.
 * @throws {Terminal} `unknown-run`, `ambiguous-run`, listing what there is.
 */
export async function findRun(
  log: Log,
  name: string,
  at: ReadAt = {},
): Promise<{ readonly pipeline: string; readonly run: string }> {
  const { filters } = subjectsOf(log.namespace);
  const started: { readonly pipeline: string; readonly run: string }[] = [];
  for await (const { subject } of log.read([filters.started], at)) {
    const parsed = parseSubject(subject);
    if (parsed.kind === "started") started.push({ pipeline: parsed.pipeline, run: parsed.run });
  }
  const latest = started.at(-1);
  if (latest === undefined)
    throw new Terminal("unknown-run", `Cannot find run ${name}: no run was started yet. Publish a dataset first`);
  if (name === "latest") return latest;
  const matching = started.filter(({ run }) => run.startsWith(name));
  const exact = matching.find(({ run }) => run === name) ?? (matching.length === 1 ? matching[0] : undefined);
  if (exact) return exact;
  if (matching.length === 0)
    throw new Terminal(
      "unknown-run",
      `Cannot find run ${name}: no run's id begins so. The latest is ${latest.run}; \`millrace runs\` lists all`,
    );
  const some = matching.slice(0, 5).map(({ run }) => run.slice(0, 12));
  throw new Terminal(
    "ambiguous-run",
    `Cannot tell which run ${name} is: ${matching.length} begin so (${some.join(", ")}). Give more digits`,
  );
}

function foldInto(runs: Map<string, RunFold>, entry: LogEntry): void {
  const subject = parseSubject(entry.subject);
  if (!("run" in subject)) return;
  runs.set(subject.run, evolveRun(runs.get(subject.run) ?? emptyRun(subject.pipeline, subject.run), entry));
}

function summaryOf(fold: RunFold, nowMs: number): RunSummary {
  const state = stateOfRun(fold);
  const startedAt = fold.started?.timeMs ?? 0;
  const open = state === "queued" || state === "running";
  const endedAt = open ? nowMs : (fold.outcome.head?.timeMs ?? nowMs);
  return {
    run: fold.run,
    pipeline: fold.pipeline,
    state,
    startedAt,
    durationMs: Math.max(0, endedAt - startedAt),
    trigger: fold.started?.body.trigger ?? "",
  };
}
