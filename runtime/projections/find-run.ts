import { startOf } from "../journal/mod.ts";
import { parseSubject, subjectsOf } from "../log/mod.ts";
import type { Log, LogEntry } from "../log/mod.ts";
import { isToken, Terminal } from "../model/mod.ts";
import type { ReadAt } from "./read-at.ts";
import type { KeptRunIndex } from "./run-index/kept-run-index.ts";
import { findRows, lastRow, parseRows } from "./run-index/row-text.ts";

/** A run, and where in the log it started: a run's messages are read quickest from there. */
export interface FoundRun {
  readonly pipeline: string;
  readonly run: string;
  /** Sequence of its start. */
  readonly sequence: number;
}

/**
 * Finds a run by id, by a prefix of its id that names one only, or as `latest`.
 * @throws {Terminal} `unknown-run`, `ambiguous-run`, listing what there is.
 */
export async function findRun(log: Log, name: string, at: ReadAt = {}): Promise<FoundRun> {
  const to = at.to ?? (await log.leaderLastSequence());
  const exact = name === "latest" ? undefined : await findExact(log, name, to);
  if (exact !== undefined) return exact;
  const starts = at.kept === undefined ? await readStarts(log, 1, to) : await keptStarts(log, at.kept, name, to);
  const latest = starts.at(-1);
  if (latest === undefined)
    throw new Terminal("unknown-run", `Cannot find run ${name}: no run was started yet. Publish a dataset first`);
  if (name === "latest") return latest;
  const matching = starts.filter(({ run }) => run.startsWith(name));
  const [first] = matching;
  if (first !== undefined && matching.length === 1) return first;
  throw first === undefined ? unknown(name, latest) : ambiguous(name, matching);
}

async function findExact(log: Log, name: string, to: number): Promise<FoundRun | undefined> {
  if (!isToken(name)) return undefined;
  const entry = await log.leaderLastOf(subjectsOf(log.namespace).filters.startedOf(name));
  return entry === undefined || entry.sequence > to ? undefined : foundIn(entry)[0];
}

/** The starts in a part of the log, in order. */
async function readStarts(log: Log, from: number, to: number): Promise<readonly FoundRun[]> {
  if (from > to) return [];
  const starts = new Map<string, FoundRun>();
  for await (const entry of log.read([subjectsOf(log.namespace).filters.started], { from, to }))
    for (const found of foundIn(entry)) if (!starts.has(found.run)) starts.set(found.run, found);
  return [...starts.values()];
}

/** Of the runs that are kept those that may be meant and the last, and all that started since. */
async function keptStarts(log: Log, kept: KeptRunIndex, name: string, to: number): Promise<readonly FoundRun[]> {
  const { key, lines } = await kept.recent(to);
  const matching = name === "latest" ? [] : findRows(lines, name);
  // Of an earlier moment the last run that is kept is not the latest: it may be any.
  const last = to >= key.sequence ? [lastRow(lines)] : parseRows(lines);
  const rows = [...last, ...matching].filter((row) => row !== undefined && row.startedSequence > 0);
  const older = rows.flatMap((row) =>
    row !== undefined && row.startedSequence <= to
      ? [{ pipeline: row.pipeline, run: row.run, sequence: row.startedSequence }]
      : [],
  );
  return inOrder([...older, ...(await readStarts(log, key.sequence + 1, to))]);
}

function inOrder(starts: readonly FoundRun[]): readonly FoundRun[] {
  const once = new Map(starts.toSorted((a, b) => b.sequence - a.sequence).map((found) => [found.run, found]));
  return [...once.values()].toSorted((a, b) => a.sequence - b.sequence);
}

/** The run that a message starts; none if a stranger wrote it. */
function foundIn(entry: LogEntry): readonly FoundRun[] {
  const parsed = parseSubject(entry.subject);
  if (parsed.kind !== "started" || startOf(entry) === undefined) return [];
  return [{ pipeline: parsed.pipeline, run: parsed.run, sequence: entry.sequence }];
}

function unknown(name: string, latest: FoundRun): Terminal {
  return new Terminal(
    "unknown-run",
    `Cannot find run ${name}: no run's id begins so. The latest is ${latest.run}; \`millrace runs\` lists all`,
  );
}

function ambiguous(name: string, matching: readonly FoundRun[]): Terminal {
  const some = matching.slice(0, 5).map(({ run }) => run.slice(0, 12));
  return new Terminal(
    "ambiguous-run",
    `Cannot tell which run ${name} is: ${matching.length} begin so (${some.join(", ")}). Give more digits`,
  );
}
