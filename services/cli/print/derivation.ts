import type { ComparedEnvironment, ComparedOutput, DerivationView, VerdictView } from "millrace/projections";
import { shortRun } from "./values.ts";

/** How a run came about, and what comparing it with its original gave; nothing for an ordinary run. */
export function printDerivation({ kind, of, effects, verdict }: DerivationView): readonly string[] {
  if (of === null) return [];
  if (kind === "fork")
    return [`Forks run ${shortRun(of)}${effects ? "" : ", without effects: nothing is blessed or pushed"}`];
  if (verdict === null) return [`Reproduces run ${shortRun(of)}: the verdict comes when it has ended`];
  return [`Reproduces run ${shortRun(of)}: ${printVerdict(verdict)}`];
}

/** A verdict in one sentence, with a line for each difference. */
export function printVerdict({ verdict, outputs, outputsOmitted, environments }: VerdictView): string {
  const count = outputs.length + outputsOmitted;
  const different = outputs.filter(({ equal }) => !equal);
  const sentence =
    verdict === "reproduced"
      ? `reproduced, all ${count} outputs equal`
      : `diverged, ${different.length} of ${count} outputs differ`;
  return [sentence, ...different.map(lineOf), ...environments.map(environmentLine)].join("\n");
}

function lineOf({ node, name, firstDifference }: ComparedOutput): string {
  return `${node}.${name}: ${firstDifference ?? ""}`;
}

function environmentLine({ node, was, is }: ComparedEnvironment): string {
  const names = [...new Set([...Object.keys(was.versions), ...Object.keys(is.versions)])].sort();
  const members: readonly (readonly [string, string, string])[] = [
    ["component version", was.componentVersion, is.componentVersion],
    ["backend", was.backend, is.backend],
    ...names.map((name) => [name, was.versions[name] ?? "", is.versions[name] ?? ""] as const),
  ];
  const changed = members.filter(([, before, after]) => before !== after);
  const what = changed.map(([name, before, after]) => `${name} ${before || "none"}, now ${after || "none"}`);
  return `${node} ran elsewhere: ${what.join("; ")}`;
}
