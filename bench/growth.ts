import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connectLog } from "millrace/jetstream";
import { historyRun, writeHistories } from "millrace/testing";
import type { Answer } from "./growth-question.ts";
import { rounded } from "./statistics.ts";
import { makeWorkplace, type Workplace } from "./workplace.ts";

const runs = 10_000;
/** A run in the middle of the log that did all its work. */
const asked = historyRun(runs / 2 + 3);
const ratePasses = 2;
const answerBytesMax = 64 * 1024 * 1024;

const run = promisify(execFile);
const question = fileURLToPath(new URL("growth-question.ts", import.meta.url));
const millrace = fileURLToPath(new URL("../services/cli/main.ts", import.meta.url));

/** What reads cost once the log is long: 10,000 runs of nine nodes, each question in a process of its own. */
export async function growth(): Promise<Readonly<Record<string, number>>> {
  await using workplace = await makeWorkplace();
  const written = await write(workplace);
  const ask = (name: string): Promise<Answer> => askOf(workplace, name);
  const cold = await ask("runs");
  const [rates, quick, whole] = [
    await measureRates(ask, written.messages),
    await measureQuick(ask),
    await ask("artifacts"),
  ];
  const [lineage, sweeper] = [await ask("lineage"), await ask("sweeper")];
  return {
    runs,
    ...written,
    ...rates,
    runsFirstEverMs: rounded(cold.firstMs),
    snapshotBytes: await snapshotBytes(workplace),
    ...quick,
    artifactsMs: rounded(whole.warmMs),
    artifactsPeakMb: megabytes(whole),
    lineageMs: rounded(lineage.warmMs),
    lineagePeakMb: megabytes(lineage),
    sweeperStartMs: rounded(sweeper.warmMs),
    sweeperPeakMb: megabytes(sweeper),
    sweeperRuns: sweeper.count,
    ...(await measureCommands(workplace)),
  };
}

async function write({ natsUrl }: Workplace) {
  await using log = await connectLog({ url: natsUrl, name: "bench" });
  const startMs = performance.now();
  await writeHistories(log, runs);
  const messages = await log.leaderLastSequence();
  return { messages, appendsPerSecond: rounded((messages * 1_000) / (performance.now() - startMs)) };
}

/** The first fold beside the raw ordered read, in turns: a machine may be busier now than then. */
async function measureRates(ask: (name: string) => Promise<Answer>, messages: number) {
  let [rawMs, foldMs, peak] = [Infinity, Infinity, 0];
  for (let pass = 0; pass < ratePasses; pass++) {
    const [raw, fold] = [await ask("raw"), await ask("index")];
    rawMs = Math.min(rawMs, raw.firstMs, raw.warmMs);
    foldMs = Math.min(foldMs, fold.firstMs, fold.warmMs);
    peak = megabytes(fold);
  }
  return {
    rawReadsPerSecond: rounded((messages * 1_000) / rawMs),
    firstFoldPerSecond: rounded((messages * 1_000) / foldMs),
    foldToRawRatio: rounded(rawMs / foldMs),
    firstFoldPeakMb: peak,
  };
}

/** Each question's first answer in a new process, and what it takes once the process has warmed up. */
async function measureQuick(ask: (name: string) => Promise<Answer>) {
  const figures: Record<string, number> = {};
  const names = ["runs", "runsAtHalf", "runShow", "runShowByPrefix", "runShowLatest", "whyModel", "whyExamples"];
  for (const name of [...names, "cacheLookUp"]) {
    const { firstMs, warmMs } = await ask(name);
    figures[`${name}FirstMs`] = rounded(firstMs);
    figures[`${name}Ms`] = rounded(warmMs);
  }
  return figures;
}

/** Whole commands, from the shell to the shell. */
async function measureCommands({ natsUrl, directory }: Workplace) {
  const env = { ...process.env, MILLRACE_NATS_URL: natsUrl };
  const commands = { Runs: ["runs"], RunShow: ["run", "show", asked.slice(0, 12)], Why: ["why", asked, "model"] };
  const figures: Record<string, number> = {};
  for (const [name, words] of Object.entries(commands)) {
    const args = [...process.execArgv, millrace, ...words, "--json", "--data-dir", join(directory, "data")];
    const startMs = performance.now();
    await run(process.execPath, args, { env, maxBuffer: answerBytesMax });
    figures[`command${name}Ms`] = rounded(performance.now() - startMs);
  }
  return figures;
}

async function askOf({ natsUrl, directory }: Workplace, name: string): Promise<Answer> {
  const args = [...process.execArgv, question, name, natsUrl, directory, asked];
  const { stdout } = await run(process.execPath, args, { maxBuffer: answerBytesMax });
  return JSON.parse(stdout) as Answer;
}

async function snapshotBytes({ directory }: Workplace): Promise<number> {
  const place = join(directory, "data", "cache", "projections");
  const [name = ""] = await readdir(place);
  return (await stat(join(place, name))).size;
}

function megabytes({ peakBytes }: Answer): number {
  return rounded(peakBytes / 1e6);
}
