import { Terminal } from "millrace/model";
import { findRun, foldRuns, type Lineage, lineageAround, lineageOf } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { sequenceAt } from "../read/moment.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Shows the lineage of a run or of an artifact. */
export async function lineage(
  invocation: Invocation,
  { at }: ReadOptions,
  [name = "latest"]: readonly string[],
): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const to = await sequenceAt(session.log, at, invocation);
  const folds = await foldRuns(session.log, { to });
  const store = storeOf(invocation.data);
  const uriOf = (digest: string): string => store.uriOf(digest);
  const around = lineageAround(lineageOf(folds.values(), uriOf), name);
  const graph = around.artifacts.length > 0 ? around : await ofRun();
  invocation.print(invocation.json ? JSON.stringify({ atSequence: to, ...graph }) : printLineage(graph));
  return exitCode.done;

  async function ofRun(): Promise<Lineage> {
    if (name.startsWith("sha256:")) {
      throw new Terminal(
        "unknown-artifact",
        `Cannot show the lineage of ${name}: no run made an artifact of that digest`,
      );
    }
    const { run } = await findRun(session.log, name, { to });
    return lineageOf(
      [...folds.values()].filter((fold) => fold.run === run),
      uriOf,
    );
  }
}

function printLineage({ edges }: Lineage): string {
  if (edges.length === 0) return "Nothing was made of it, nor it of anything.";
  return printTable(
    ["from", "to", "as"],
    edges.map(({ from, to, name }) => [shortId(from), shortId(to), name]),
  );
}

/** Ids are `<type>/<digest>` and `<run>/<node>`; people need only the beginnings. */
function shortId(id: string): string {
  return id.replaceAll(/[0-9a-f]{32,}/g, (hex) => hex.slice(0, 12));
}
