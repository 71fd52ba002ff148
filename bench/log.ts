import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { openArtifactStore } from "millrace/artifacts";
import { connectLog } from "millrace/jetstream";
import { type Log, type LogEntry, parseSubject, subjectsOf } from "millrace/log";
import { emptyRun, evolveRun, type RunFold } from "millrace/projections";
import { chainName, chainPlan, registerChain } from "./chain.ts";
import { writeRunHistory } from "./run-history.ts";
import { quantile, rounded } from "./statistics.ts";
import { makeWorkplace } from "./workplace.ts";

const appends = 20_000;
const inFlight = 256;
const samples = 2_000;
const passCount = 4;
const historyRuns = 1_000;
const payload = new Uint8Array(256);

/** How fast the log is: appends, the read of a run, and folds beside the raw ordered read of the same messages. */
export async function log(): Promise<Readonly<Record<string, number>>> {
  await using workplace = await makeWorkplace();
  await using opened = await connectLog({ url: workplace.natsUrl, name: "bench" });
  const starter = await registerChain(opened, openArtifactStore(join(workplace.directory, "store")));
  await inParallel(historyRuns, 32, async (index) => await writeRunHistory(opened, starter, `run-${index}`));
  const messages = await opened.leaderLastSequence();
  const raw = await fastest(() => readRaw(workplace.natsUrl, messages));
  const read = await fastest(() => count(opened.read([])));
  const folded = await fastest(() => foldAll(opened));
  const reading = await measureReads(opened);
  const appending = await measureAppends(opened);
  return {
    messages,
    rawReadsPerSecond: rounded(messages / raw),
    readsPerSecond: rounded(messages / read),
    foldsPerSecond: rounded(messages / folded),
    foldToRawRatio: rounded(raw / folded),
    ...reading,
    ...appending,
  };
}

/** The last messages of what a node's driver reads, from all replicas' store. */
async function measureReads(opened: Log) {
  const subjects = subjectsOf(opened.namespace);
  const runsMs = await sampled(async (index) => {
    const run = `run-${index % historyRuns}`;
    const journals = chainPlan.nodes
      .slice(1, 5)
      .map(({ component, name }) => subjects.journal(chainName, run, component, name));
    await opened.lastOf([...journals, subjects.started(chainName, run), subjects.control(chainName, run)]);
  });
  return { lastOfP50Ms: rounded(quantile(runsMs, 0.5)), lastOfP99Ms: rounded(quantile(runsMs, 0.99)) };
}

async function measureAppends(opened: Log) {
  const oneByOneMs = await sampled((index) =>
    opened.append(`mr.bench.one.${index}`, payload, { expectLastSequence: 0 }),
  );
  const seconds = await timed(() =>
    inParallel(appends, inFlight, (index) =>
      opened.append(`mr.bench.many.${index}`, payload, { expectLastSequence: 0 }),
    ),
  );
  return {
    appendP50Ms: rounded(quantile(oneByOneMs, 0.5)),
    appendP99Ms: rounded(quantile(oneByOneMs, 0.99)),
    appendsPerSecond: rounded(appends / seconds),
  };
}

/** Reads all messages with the client's own ordered consumer, and does nothing with them. */
async function readRaw(url: string, messages: number): Promise<void> {
  const connection = await connect({ servers: url });
  const consumer = await jetstream(connection).consumers.get("mr");
  let left = messages;
  for await (const _message of await consumer.consume({ max_messages: 1_000 })) if (--left === 0) break;
  await connection.close();
}

/** Folds every run in the log. */
async function foldAll(opened: Log): Promise<void> {
  const runs = new Map<string, RunFold>();
  for await (const entry of opened.read([])) {
    const subject = parseSubject(entry.subject);
    if (!("run" in subject)) continue;
    const before = runs.get(subject.run) ?? emptyRun(subject.pipeline, subject.run);
    runs.set(subject.run, evolveRun(before, entry));
  }
}

async function count(entries: AsyncIterable<LogEntry>): Promise<number> {
  let read = 0;
  for await (const _entry of entries) read += 1;
  return read;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1_000;
}

/** Seconds of the fastest of a few passes: the first ones also compile the code. */
async function fastest(work: () => Promise<unknown>): Promise<number> {
  const passes: number[] = [];
  for (let pass = 0; pass < passCount; pass++) passes.push(await timed(work));
  return Math.min(...passes);
}

async function sampled(work: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const eachMs: number[] = [];
  for (let index = 0; index < samples; index++) eachMs.push(1_000 * (await timed(() => work(index))));
  return eachMs;
}

/** Does a number of things with so many under way at a time. */
async function inParallel(total: number, width: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
