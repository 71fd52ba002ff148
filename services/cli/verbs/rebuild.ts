import { KeptTimes, rebuild as rebuildAll, type Rebuilt, shownViews } from "millrace/projections";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Invocation } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { shortDigest } from "../print/values.ts";
import { keptRuns } from "../read/kept-runs.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Drops all that is folded and kept, folds it again, and compares; exit status 1 if anything was not what the log says. */
export async function rebuild(invocation: Invocation): Promise<ExitCode> {
  await using session = await openLog(invocation);
  const { log } = session;
  const { data } = invocation;
  const store = storeOf(data);
  const runs = keptRuns(log, invocation);
  const views = shownViews(log, runs, (digest) => store.uriOf(digest));
  const to = await log.leaderLastSequence();
  const rebuilt = await rebuildAll([...views, runs, new KeptTimes(log, data.projections)], to);
  const ok = rebuilt.every(({ equal }) => equal);
  show(invocation, ok, to, rebuilt);
  return ok ? exitCode.done : exitCode.failed;
}

function show({ json, print }: Invocation, ok: boolean, atSequence: number, rebuilt: readonly Rebuilt[]): void {
  if (json) return print(JSON.stringify({ ok, rebuilt, atSequence }));
  const rows = rebuilt.map(({ what, before, after, equal }) => [
    what,
    shortDigest(before),
    shortDigest(after),
    equal ? "equal" : "NOT what the log says; mended",
  ]);
  print(printTable(["what", "before", "after", ""], rows));
}
