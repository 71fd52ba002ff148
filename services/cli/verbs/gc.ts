import { planReader } from "millrace/artifacts";
import { collectGarbage, type CollectionReport, type Garbage } from "millrace/control";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { byteCount } from "../print/bytes.ts";
import { printTable } from "../print/table.ts";
import { parseDuration } from "../read/duration.ts";
import { openLog } from "../session/log-session.ts";
import { keeperOf, storeOf } from "../session/store.ts";
import { WrongUse } from "../wrong-use.ts";

export interface GcOptions extends CommonOptions {
  readonly keepRuns: string;
  readonly grace: string;
  readonly pipeline?: string;
  readonly apply?: boolean;
}

/** Tells which artifacts nobody needs any more, and with --apply deletes them. */
export async function gc(invocation: Invocation, options: GcOptions): Promise<ExitCode> {
  const keepRuns = parseCount(options.keepRuns);
  const graceMs = parseDuration("--grace", options.grace);
  await using session = await openLog(invocation);
  const report = await collectGarbage(session.log, keeperOf(invocation.data), {
    keepRuns,
    graceMs,
    apply: options.apply === true,
    readPlanArtifact: planReader(storeOf(invocation.data)),
    ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }),
  });
  const groups = groupsOf(report.garbage);
  if (invocation.json) {
    const { garbage, ...rest } = report;
    const bytes = garbage.reduce((sum, artifact) => sum + artifact.bytes, 0);
    invocation.print(JSON.stringify({ ...rest, keepRuns, graceMs, bytes, artifacts: garbage, byType: groups }));
  } else {
    show(invocation, report, groups);
  }
  return exitCode.done;
}

interface Group {
  readonly pipeline: string | null;
  readonly type: string;
  readonly artifacts: number;
  readonly bytes: number;
}

/** Sums by pipeline (the first by name, of what several refer to) and type, largest first. */
function groupsOf(garbage: readonly Garbage[]): readonly Group[] {
  const groups = Map.groupBy(garbage, ({ pipelines, type }) => JSON.stringify([pipelines[0] ?? null, type]));
  return [...groups]
    .map(([key, artifacts]): Group => {
      const [pipeline, type] = JSON.parse(key) as [string | null, string];
      return {
        pipeline,
        type,
        artifacts: artifacts.length,
        bytes: artifacts.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

function show({ print, note }: Invocation, report: CollectionReport, groups: readonly Group[]): void {
  const { applied, garbage, kept, staging, trash, restored } = report;
  const rows = groups.map(({ pipeline, type, artifacts, bytes }) => [
    pipeline ?? "(no event names it)",
    type === "" ? "?" : type,
    String(artifacts),
    byteCount(bytes),
  ]);
  if (rows.length > 0) print(`${printTable(["pipeline", "type", "artifacts", "bytes"], rows)}\n`);
  const total = garbage.reduce((sum, { bytes }) => sum + bytes, 0);
  const done = applied ? "Collected" : "Nobody needs";
  print(`${done} ${garbage.length} artifacts, ${byteCount(total)}; kept ${kept.artifacts}, ${byteCount(kept.bytes)}.`);
  if (trash.freed.artifacts > 0) print(`Deleted ${trash.freed.artifacts} artifacts, ${byteCount(trash.freed.bytes)}.`);
  if (trash.artifacts > 0)
    print(`${trash.artifacts} artifacts, ${byteCount(trash.bytes)}, wait in the trash${waitsFor(report)}.`);
  if (staging.places > 0)
    print(`${applied ? "Removed" : "Left over"} in staging: ${staging.places} places, ${byteCount(staging.bytes)}.`);
  if (restored.length > 0) print(`${restored.length} artifacts are there again: something kept refers to them.`);
  if (!applied) note("Nothing was deleted: --apply does it.");
}

function waitsFor({ applied, trash }: CollectionReport): string {
  if (!applied) return "";
  if (trash.claims > 0) return ` until ${trash.claims} claims that were open have ended; the next gc deletes them`;
  return " until their grace has passed; the next gc deletes them";
}

function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new WrongUse(`Cannot read --keep-runs ${text}: it must be a number of runs, from 0`);
}
