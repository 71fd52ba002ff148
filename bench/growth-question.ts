// One question to a long log, asked in a process of its own: what it costs whoever asks it first and only once.
// Run by bench/growth.ts: node bench/growth-question.ts NAME URL DIRECTORY RUN
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { openArtifactStore, planReader } from "millrace/artifacts";
import { createPlans } from "millrace/driver";
import { connectLog } from "millrace/jetstream";
import { decodeEvent } from "millrace/journal";
import { type Log, subjectsOf } from "millrace/log";
import { digestOf } from "millrace/model";
import { findRun, indexRuns, KeptRunIndex, listArtifacts, listRuns, readLineage, readWhy } from "millrace/projections";
import { readRun } from "../services/cli/read/run-view.ts";
import { OpenRuns } from "../services/ingest/open-runs.ts";
import { watchRuns } from "../services/ingest/watch-runs.ts";

/** What a process measured of its question. */
export interface Answer {
  /** From connected to answered, the first time. */
  readonly firstMs: number;
  /** The same once it was often asked: the median; of what takes long, the quickest of a few. */
  readonly warmMs: number;
  /** Most memory the process ever held, Node's own included. */
  readonly peakBytes: number;
  /** What was counted in the answer: runs, nodes, causes, artifacts. */
  readonly count: number;
}

interface Asked {
  readonly log: Log;
  readonly natsUrl: string;
  readonly directory: string;
  readonly kept: KeptRunIndex;
  readonly run: string;
  readonly last: number;
}

const warmRounds = 15;
const longMs = 500;
const longRounds = 1;

const storeIn = (directory: string) => openArtifactStore(join(directory, "store"));

const questions: Readonly<Record<string, (asked: Asked) => Promise<number>>> = {
  raw: ({ natsUrl, last }) => readRaw(natsUrl, last),
  index: async ({ log, last }) => (await indexRuns(log, last)).rows.length,
  runs: async ({ log, kept, last: to }) => (await listRuns(log, Date.now(), { to, kept })).length,
  runsAtHalf: async ({ log, kept, last }) =>
    (await listRuns(log, Date.now(), { to: Math.floor(last / 2), kept })).length,
  runShow: (asked) => showRun(asked, asked.run),
  runShowByPrefix: (asked) => showRun(asked, asked.run.slice(0, 12)),
  runShowLatest: (asked) => showRun(asked, "latest"),
  whyModel: (asked) => explain(asked, "model"),
  whyExamples: (asked) => explain(asked, "examples"),
  cacheLookUp: ({ log, run }) => lookUp(log, run),
  artifacts: async ({ log, last }) => (await listArtifacts(log, String, { to: last })).length,
  lineage: async ({ log, run, last }) =>
    (await readLineage(log, digestOf(`${run}/model/model`), String, { to: last })).artifacts.length,
  sweeper: ({ log }) => startSweeping(log),
};

async function showRun({ log, directory, kept, last: to }: Asked, name: string): Promise<number> {
  return (await readRun(log, storeIn(directory), name, { to, kept })).view.nodes.length;
}

async function explain({ log, directory, kept, last: to, run: name }: Asked, node: string): Promise<number> {
  const { pipeline, run } = await findRun(log, name, { to, kept });
  const plans = createPlans(log, planReader(storeIn(directory)));
  const question = { pipeline, run, node, to, nowMs: Date.now() };
  return (await readWhy(log, (reference) => plans.load(reference), question)).causes.length;
}

/** What an agent asks about a key before it claims. */
async function lookUp(log: Log, run: string): Promise<number> {
  const subjects = subjectsOf(log.namespace);
  const journal = await log.leaderLastOf(subjects.journal("penguins", run, "trainer", "model"));
  const body = journal && decodeEvent(journal.data)?.body;
  const key = body?.$case === "completed" ? body.value.cacheKey : "";
  const entry = await log.leaderLastOf(subjects.cache("trainer", key));
  return entry && decodeEvent(entry.data)?.body?.$case === "cacheEntry" ? 1 : 0;
}

/** What ingest does before its sweeper can sweep; an hour later, so that what ended is not kept. */
async function startSweeping(log: Log): Promise<number> {
  const stop = new AbortController();
  const runs = new OpenRuns();
  const nowMs = Date.now() + 3_600_000;
  const later = new Proxy(log, {
    get: (of, name) => {
      if (name === "serverTimeMs") return async () => nowMs;
      const value: unknown = Reflect.get(of, name);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
  await new Promise<void>((resolve, reject) => {
    watchRuns(later, runs, stop.signal, () => resolve()).catch(reject);
  });
  stop.abort();
  return [...runs.all(nowMs)].length;
}

/** Reads all messages with the client's own ordered consumer, and does nothing with them. */
async function readRaw(url: string, messages: number): Promise<number> {
  const connection = await connect({ servers: url });
  const consumer = await jetstream(connection).consumers.get("mr");
  let left = messages;
  for await (const _message of await consumer.consume({ max_messages: 1_000 })) if (--left === 0) break;
  await connection.close();
  return messages;
}

async function timed(work: () => Promise<number>): Promise<{ readonly ms: number; readonly count: number }> {
  const startMs = performance.now();
  const count = await work();
  return { ms: performance.now() - startMs, count };
}

async function answer(name: string, natsUrl: string, directory: string, run: string): Promise<Answer> {
  await using log = await connectLog({ url: natsUrl, name: "bench" });
  const ask = questions[name];
  if (ask === undefined) throw new TypeError(`no question ${name}`);
  const kept = new KeptRunIndex(log, join(directory, "data", "cache", "projections"));
  const asked = { log, natsUrl, directory, kept, run, last: await log.leaderLastSequence() };
  const first = await timed(() => ask(asked));
  const long = first.ms > longMs;
  const more: number[] = [];
  for (let round = 0; round < (long ? longRounds : warmRounds); round++) more.push((await timed(() => ask(asked))).ms);
  const sorted = more.toSorted((a, b) => a - b);
  const warmMs = sorted[long ? 0 : Math.floor(sorted.length / 2)] ?? first.ms;
  const peakBytes = process.resourceUsage().maxRSS * 1_024;
  return { firstMs: first.ms, warmMs, peakBytes, count: first.count };
}

const [name = "", natsUrl = "", directory = "", run = ""] = process.argv.slice(2);
if (import.meta.main) console.log(JSON.stringify(await answer(name, natsUrl, directory, run)));
