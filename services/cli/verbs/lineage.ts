import { MillraceError, Terminal } from "millrace/model";
import { findRun, type Lineage, lineageOf, readLineage } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation, ReadOptions } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { sequenceAt } from "../read/moment.ts";
import { readFold } from "../read/run-view.ts";
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
  const { log } = session;
  const moment = { to, kept: keptRuns(log, invocation) };
  const store = storeOf(invocation.data);
  const uriOf = (digest: string): string => store.uriOf(digest);
  const graph = (name.startsWith("sha256:") ? undefined : await ofRun()) ?? (await ofArtifact());
  invocation.print(invocation.json ? JSON.stringify({ atSequence: to, ...graph }) : printLineage(graph));
  return exitCode.done;

  /** Of the run that is named so; undefined if none is, and it may be an artifact. */
  async function ofRun(): Promise<Lineage | undefined> {
    const found = await findRun(log, name, moment).catch((error: unknown) => {
      if (name === "latest" || !(error instanceof MillraceError)) throw error;
      return undefined;
    });
    return found && lineageOf([await readFold(log, found, to)], uriOf);
  }

  async function ofArtifact(): Promise<Lineage> {
    const around = await readLineage(log, name, uriOf, moment);
    if (around.artifacts.length > 0) return around;
    // No artifact either: what finding a run of that name says is what there is to say.
    if (!name.startsWith("sha256:")) await findRun(log, name, moment);
    const message = `Cannot show the lineage of ${name}: no run made an artifact of that digest`;
    throw new Terminal("unknown-artifact", message);
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
