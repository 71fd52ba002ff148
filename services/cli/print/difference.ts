import type { Difference, RunDifference, RunIdentity } from "millrace/projections";
import { printTable } from "./table.ts";
import { duration, metric, shortDigest, shortRun } from "./values.ts";

/** Rows of statistics that people are shown; a changed dataset changes nearly all of them. */
const statisticsMax = 20;
/** Durations are worth a row if they differ by half and by this many milliseconds. */
const durationDifferenceMs = 100;
const durationChange = 0.5;
/** Decisions that make attempts 0. */
const reuse: ReadonlySet<string> = new Set(["cached", "taken"]);
/** Characters of a value in the table. */
const valueCharactersMax = 44;

/** What differs between two runs, worst first, in one table. */
export function printDifference({ runs, equal, differences }: RunDifference): string {
  const [was, is] = runs;
  const worth = differences.filter((difference) => isWorthARow(difference, differences));
  const statistics = worth.filter(({ aspect }) => aspect === "statistic");
  const omitted = statistics.slice(statisticsMax);
  const rows = worth.filter((difference) => !omitted.includes(difference));
  const parts = [
    `${sentenceOf(was)}\n${sentenceOf(is)}`,
    equal ? "Equal: nothing that was made differs" : "",
    rows.length === 0
      ? ""
      : printTable(["node", "what", "name", shortRun(was.run), shortRun(is.run), "change"], rows.map(rowOf)),
    omitted.length === 0 ? "" : `and ${omitted.length} more statistics (--json has all)`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function sentenceOf({ run, pipeline, state, kind, of, durationMs }: RunIdentity): string {
  const origin = of === null ? "" : `, ${kind} of ${shortRun(of)}`;
  return `Run ${shortRun(run)} of pipeline ${pipeline}${origin}: ${state}, ${duration(durationMs)}`;
}

function isWorthARow({ node, aspect, name, was, is, change }: Difference, all: readonly Difference[]): boolean {
  // A node that was not run in one of them was not attempted there either.
  if (name === "attempts") return !all.some((other) => other.node === node && reuse.has(other.name));
  // What another node made has its row there already.
  if (aspect === "input")
    return !all.some((other) => other.aspect === "output" && other.was === was && other.is === is);
  if (aspect !== "duration") return true;
  const numbers = typeof was === "number" && typeof is === "number";
  return numbers && Math.abs(is - was) >= durationDifferenceMs && Math.abs(change ?? 0) >= durationChange;
}

function rowOf(difference: Difference): readonly string[] {
  const { node, aspect, name, was, is, change } = difference;
  const percent = change === null ? "" : `${change > 0 ? "+" : ""}${(change * 100).toFixed(1)} %`;
  const label = name === "durationMs" ? "" : name;
  return [node, aspect, label, shown(aspect, was), shown(aspect, is), percent];
}

function shown(aspect: Difference["aspect"], value: Difference["was"]): string {
  if (value === null) return "-";
  if (typeof value === "number") return aspect === "duration" ? duration(value) : metric(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const short = text.replaceAll(/sha256:[0-9a-f]{64}/g, shortDigest);
  return short.length > valueCharactersMax ? `${short.slice(0, valueCharactersMax - 1)}…` : short;
}
