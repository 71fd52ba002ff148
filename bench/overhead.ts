import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openArtifactStore } from "millrace/artifacts";
import type { Artifact } from "millrace/contracts/millrace/metadata/v1/artifact.ts";
import { connectLog } from "millrace/jetstream";
import { type Log, parseSubject, subjectsOf } from "millrace/log";
import { type ChainStarter, registerChain, stepCount } from "./chain.ts";
import { measureFloor } from "./floor.ts";
import { quantile, rounded } from "./statistics.ts";
import { makeWorkplace, type Workplace } from "./workplace.ts";

// As the floor has them: a service has run its code often for most of its life.
const warmUps = 200;
const batches = 6;
const runs = 200;
const atOnce = 200;

/**
 * What a step costs beyond its work: nine no-op components in nine processes, beside the floor on the same server,
 * measured before and after, as a machine may be busier now than then.
 * A run counts from the append of its RunStarted until its outcome is read back.
 */
export async function overhead(): Promise<Readonly<Record<string, number>>> {
  await using workplace = await makeWorkplace();
  const before = await measureFloor(workplace.natsUrl, runs, atOnce);
  const chain = await measureChain(workplace);
  const after = await measureFloor(workplace.natsUrl, runs, atOnce);
  const floorRunsMs = [...before.runsMs, ...after.runsMs];
  const floorMs = quantile(floorRunsMs, 0.5) / stepCount;
  const stepMs = quantile(chain.runsMs, 0.5) / stepCount;
  return {
    stepMs: rounded(stepMs),
    floorMs: rounded(floorMs),
    ratio: rounded(stepMs / floorMs),
    runP50Ms: rounded(quantile(chain.runsMs, 0.5)),
    runP99Ms: rounded(quantile(chain.runsMs, 0.99)),
    runsPerSecond200: rounded(chain.runsPerSecondAtOnce),
    floorRunP50Ms: rounded(quantile(floorRunsMs, 0.5)),
    floorRunsPerSecond200: rounded((before.runsPerSecondAtOnce + after.runsPerSecondAtOnce) / 2),
  };
}

async function measureChain(workplace: Workplace) {
  await using log = await connectLog({ url: workplace.natsUrl, name: "bench" });
  const store = join(workplace.directory, "store");
  const chain = await registerChain(log, openArtifactStore(store));
  const steps = await Promise.all(
    Array.from({ length: stepCount }, (_, step) => startStep(step, workplace.natsUrl, store)),
  );
  try {
    return await timeRuns(log, chain);
  } finally {
    await Promise.all(steps.map(stopStep));
  }
}

async function startStep(step: number, natsUrl: string, store: string): Promise<ChildProcess> {
  const settings = {
    MILLRACE_NATS_URL: natsUrl,
    MILLRACE_STORE: store,
    MILLRACE_LOG_LEVEL: "warn",
    BENCH_STEP: String(step),
  };
  const main = fileURLToPath(import.meta.resolve("./step.ts"));
  const child = spawn(process.execPath, [...process.execArgv, main], {
    env: { ...process.env, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const listening = once(lines, "line");
  const gone = once(child, "exit").then(() => Promise.reject(new Error(`the process of step ${step} ended`)));
  await Promise.race([listening, gone]);
  gone.catch(() => {});
  return child;
}

async function stopStep(step: ChildProcess): Promise<void> {
  if (step.exitCode !== null || step.signalCode !== null) return;
  const gone = once(step, "exit");
  step.kill("SIGTERM");
  await gone;
}

async function timeRuns(log: Log, chain: ChainStarter) {
  const stop = new AbortController();
  const ends = new Map<string, () => void>();
  const watching = watchOutcomes(log, ends, stop.signal);
  const run = async (name: string, data?: Artifact): Promise<number> => {
    const dataset = data ?? (await chain.commitDataset(name));
    const startMs = performance.now();
    const ended = new Promise<void>((resolve) => ends.set(name, resolve));
    await chain.start(name, dataset);
    await ended;
    return performance.now() - startMs;
  };
  for (let index = 0; index < warmUps; index++) await run(`warm-${index}`);
  const runsMs: number[] = [];
  for (let index = 0; index < runs; index++) runsMs.push(await run(`one-${index}`));
  let runsPerSecondAtOnce = 0;
  for (let batch = 0; batch < batches; batch++) {
    const names = Array.from({ length: atOnce }, (_, index) => `many-${batch}-${index}`);
    const datasets = await Promise.all(names.map(async (name) => [name, await chain.commitDataset(name)] as const));
    const startMs = performance.now();
    await Promise.all(datasets.map(([name, data]) => run(name, data)));
    runsPerSecondAtOnce = (atOnce * 1_000) / (performance.now() - startMs);
  }
  stop.abort();
  await watching;
  return { runsMs, runsPerSecondAtOnce };
}

async function watchOutcomes(log: Log, ends: ReadonlyMap<string, () => void>, signal: AbortSignal): Promise<void> {
  for await (const { subject } of log.follow([subjectsOf(log.namespace).filters.outcomes], { signal })) {
    const parsed = parseSubject(subject);
    if (parsed.kind === "outcome") ends.get(parsed.run)?.();
  }
}
