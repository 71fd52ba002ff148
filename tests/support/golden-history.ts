import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ArtifactStore, DirectoryStore, planReader } from "millrace/artifacts";
import { verify } from "millrace/audit";
import { createPlans } from "millrace/driver";
import { importHistory } from "millrace/history";
import { effectivePlan } from "millrace/journal";
import { type Log, MemoryLog, parseSubject, subjectsOf } from "millrace/log";
import {
  foldPipelines,
  foldRun,
  listArtifacts,
  listRuns,
  readBlessed,
  readLineage,
  readPushed,
  viewRun,
} from "millrace/projections";

/** An exported history, read into memory. */
export class GoldenHistory implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "golden-"));
  readonly store: ArtifactStore = new DirectoryStore(this.#directory);
  readonly log: Log = new MemoryLog();

  static async read(file: string): Promise<GoldenHistory> {
    const history = new GoldenHistory();
    await importHistory(history.log, history.store, file);
    return history;
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** No path belongs into what is kept. */
const uriOf = (digest: string): string => digest;

/** Everything that is folded from a history, as JSON: the same for ever, but for fields that later versions add. */
export async function projectionsOf({ log, store }: GoldenHistory): Promise<unknown> {
  const to = await log.leaderLastSequence();
  const runs = await listRuns(log, 0, { to });
  const pipelines = [...(await foldPipelines(log, { to }))].map(([pipeline, { state }]) => ({
    pipeline,
    version: state?.registered.version,
    planDigest: state?.registered.planDigest,
  }));
  const found = await verify({ log, store, to });
  return JSON.parse(
    JSON.stringify({
      messages: to,
      unknown: found.unknown,
      // Their bytes are not in the file.
      problems: found.problems.filter(({ code }) => code !== "artifact-missing"),
      runs,
      views: await Promise.all(runs.map(({ pipeline, run }) => viewOf(log, store, pipeline, run))),
      artifacts: await listArtifacts(log, uriOf, { to }),
      lineage: await readLineage(log, "", uriOf, { to }),
      pipelines,
      blessed: await Promise.all(pipelines.map(({ pipeline }) => readBlessed(log, pipeline, to, uriOf))),
      pushed: await pushedTo(log, to),
    }),
  );
}

async function viewOf(log: Log, store: ArtifactStore, pipeline: string, run: string): Promise<unknown> {
  const fold = await foldRun(pipeline, run, log.read([subjectsOf(log.namespace).filters.run(pipeline, run)]));
  if (fold.started === undefined) return { run, state: "not started" };
  const plan = await createPlans(log, planReader(store)).load(effectivePlan(fold.started.body, fold.control.state));
  return viewRun(fold, plan, { uriOf, nowMs: 0 });
}

async function pushedTo(log: Log, to: number): Promise<unknown> {
  const tokens = new Set<string>();
  for await (const { subject } of log.read([subjectsOf(log.namespace).filters.targets], { to })) {
    const parsed = parseSubject(subject);
    if (parsed.kind === "target") tokens.add(parsed.destination);
  }
  return Promise.all([...tokens].sort().map((token) => readPushed(log, { destination: token, token }, to, uriOf)));
}
