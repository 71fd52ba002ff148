import { controlChain, emptyChain, outcomeChain } from "../../journal/mod.ts";
import type { Chain } from "../../journal/mod.ts";
import type { RunRow, RunTurn } from "./run-row.ts";

/** Changes whenever a row is written otherwise, or means something else: older snapshots are then folded anew. */
export const rowTextVersion = 1;

type Head = readonly [eventId: string, epoch: number] | null;
type Turn = readonly [kind: RunTurn["kind"], epoch: number, sequence: number, timeMs: number];
type Fields = readonly [
  run: string,
  pipeline: string,
  startedSequence: number,
  startedAt: number,
  trigger: string,
  firstWork: number,
  turns: readonly Turn[],
  control: Head,
  outcome: Head,
];

/**
 * A row as a line of text. Of its chains only that is kept which the next message is held to; the line begins with the
 * run's id, so that a run is found by the beginning of its id without parsing a line.
 */
export function rowText(row: RunRow): string {
  const turns = row.turns.map(({ kind, epoch, sequence, timeMs }): Turn => [kind, epoch, sequence, timeMs]);
  const { run, pipeline, startedSequence, startedAt, trigger, firstWork } = row;
  const [control, outcome] = [headOf(row.control), headOf(row.outcome)];
  const fields: Fields = [run, pipeline, startedSequence, startedAt, trigger, firstWork, turns, control, outcome];
  return `${JSON.stringify(fields)}\n`;
}

/** The rows of lines. */
export function parseRows(lines: string): RunRow[] {
  const parsed = JSON.parse(`[${lines.trimEnd().replaceAll("\n", ",")}]`) as readonly Fields[];
  return parsed.map(rowOf);
}

/** The rows of runs whose ids begin so. */
export function findRows(lines: string, beginning: string): RunRow[] {
  const found: RunRow[] = [];
  const start = `["${beginning}`;
  for (let at = lines.startsWith(start) ? 0 : next(0); at >= 0; at = next(at))
    found.push(...parseRows(lines.slice(at, lines.indexOf("\n", at))));
  return found;

  function next(from: number): number {
    const newline = lines.indexOf(`\n${start}`, from);
    return newline < 0 ? -1 : newline + 1;
  }
}

/** The row of the last line: the run that started last. */
export function lastRow(lines: string): RunRow | undefined {
  return parseRows(lines.slice(lines.lastIndexOf("\n", lines.length - 2) + 1)).at(-1);
}

function rowOf(fields: Fields): RunRow {
  const [run, pipeline, startedSequence, startedAt, trigger, firstWork, turns, control, outcome] = fields;
  return {
    run,
    pipeline,
    startedSequence,
    startedAt,
    trigger,
    firstWork,
    turns: turns.map(([kind, epoch, sequence, timeMs]) => ({ kind, epoch, sequence, timeMs })),
    control: chainOf(emptyChain(controlChain), control),
    outcome: chainOf(emptyChain(outcomeChain), outcome),
  };
}

function headOf({ head, state }: Chain<{ readonly epoch: number }>): Head {
  return head === undefined ? null : [head.eventId, state.epoch];
}

/** What the next message names is the head's event id, and of the state only the epoch bears on what it does. */
function chainOf<State extends { readonly epoch: number }>(empty: Chain<State>, head: Head): Chain<State> {
  if (head === null) return empty;
  const [eventId, epoch] = head;
  return { ...empty, state: { ...empty.state, epoch }, head: { eventId, sequence: 0, timeMs: 0 } };
}
