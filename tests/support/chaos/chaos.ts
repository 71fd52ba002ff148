import { setTimeout as sleep } from "node:timers/promises";
import { dataDirectory, type ServiceSpec, startStack } from "@millrace/local";
import { connectLog } from "millrace/jetstream";
import { type Log, parseSubject, subjectsOf } from "millrace/log";
import { runIdOf } from "millrace/model";
import { OwnServer } from "../own-server.ts";
import type { Workplace } from "../workplace.ts";
import { type Fault, type FaultKind, faultsOf } from "./faults.ts";
import { inflict, type Ward } from "./inflict.ts";
import { type AuditedLog, readWholeLog } from "./log-audit.ts";
import { missingFanOut } from "./log-rules.ts";
import { audit } from "./verdict.ts";

/** A way through a pipeline: its runs are compared with each other. */
export interface Lane {
  readonly pipeline: string;
  readonly dataset: string;
  /** File that is published. */
  readonly file: string;
}

/** What is run, and how hard it is hit. */
export interface Setting {
  readonly work: Workplace;
  readonly services: readonly ServiceSpec[];
  /** Modules of the pipelines, to be registered. */
  readonly pipelines: readonly string[];
  readonly lanes: readonly Lane[];
  readonly ackWaitMs: number;
  /** Most journal messages between two faults. */
  readonly gapMax: number;
  /** Runs under way at once. */
  readonly atOnce: number;
  /** Longest until all have ended, in milliseconds. */
  readonly patienceMs: number;
}

export interface ChaosOptions {
  readonly seed: number;
  readonly runs: number;
  readonly setting: Setting;
  /** What is done, in order; default: drawn by the seed, without end. */
  readonly schedule?: readonly Fault[];
  /** nats-server is away for this long, in milliseconds; default 1 s. */
  readonly awayMs?: number;
  /** Told a line a fault, and what goes on. */
  readonly note?: (line: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly runs: number;
  /** How often each fault was inflicted. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly messages: number;
  /** Claims beyond the one that a node needs. */
  readonly claimsAgain: number;
  readonly violations: readonly string[];
  readonly tookMs: number;
}

/** A stopped process sleeps for this many ack_waits. */
const stoppedAckWaits = 1.6;
/** Longest that fan-out may be missing after the last end: sweepers look every two ack_waits. */
const fanOutPatienceAckWaits = 20;

/**
 * Runs pipelines on real processes, first undisturbed and then while processes are killed, stopped and started again,
 * and holds what the log and the store have then against the protocol's promises and the undisturbed runs.
 */
export async function chaos({
  seed,
  runs,
  setting,
  schedule,
  awayMs = 1_000,
  note = () => {},
}: ChaosOptions): Promise<ChaosReport> {
  const began = performance.now();
  const { work, services, ackWaitMs } = setting;
  await using server = await OwnServer.start(work.path("streams"));
  const settings = { MILLRACE_NATS_URL: server.url, MILLRACE_ACK_WAIT_MS: String(ackWaitMs) };
  const env = { ...process.env, ...settings };
  work.set(settings);
  for (const module of setting.pipelines) await work.json("pipeline", "register", module);
  const data = dataDirectory(work.path(".millrace"));
  await using stack = await startStack({ data, services, env, restarted: () => {} });
  await using log = await connectLog({ url: server.url, name: "chaos" });
  const calm = await undisturbed(log, setting);
  note(`${calm.length} undisturbed runs ended after ${seconds(began)}`);
  const ward = { server, services: () => stack.services, stoppedMs: stoppedAckWaits * ackWaitMs, awayMs };
  const disturbed = await disturb(
    log,
    { runs, setting, note, schedule: schedule?.values() ?? faultsOf(seed, setting.gapMax) },
    ward,
  );
  const all = [...calm, ...disturbed.runs];
  const audited = await settledLog(server.url, all, fanOutPatienceAckWaits * ackWaitMs);
  await stack.stop();
  return {
    seed,
    runs,
    faults: disturbed.faults,
    messages: audited.messages,
    claimsAgain: claimsAgain(audited),
    violations: audit(audited, { setting, calm, disturbed: disturbed.runs, data }),
    tookMs: performance.now() - began,
  };
}

/** One run a lane, with nothing in its way. @returns their ids, in the order of the lanes. */
async function undisturbed(log: Log, { lanes, patienceMs }: Setting): Promise<readonly string[]> {
  const runs = await Promise.all(lanes.map((lane, index) => publish(log, lane, `calm-${index}`)));
  const left = new Set(runs);
  const { filters } = subjectsOf(log.namespace);
  for await (const { subject } of log.follow([filters.outcomes], { signal: AbortSignal.timeout(patienceMs) })) {
    left.delete(runOf(subject));
    if (left.size === 0) return runs;
  }
  throw new Error(`Of the undisturbed runs ${[...left].join(", ")} did not end`);
}

interface Disturbed {
  readonly runs: readonly string[];
  readonly faults: Partial<Record<FaultKind, number>>;
}

type Disturbance = Required<Pick<ChaosOptions, "runs" | "setting" | "note">> & {
  readonly schedule: Iterator<Fault, unknown>;
};

async function disturb(log: Log, options: Disturbance, ward: Ward): Promise<Disturbed> {
  const { runs, setting, schedule, note } = options;
  const { lanes, atOnce, patienceMs } = setting;
  const { filters } = subjectsOf(log.namespace);
  const [faults, inflicted]: [Partial<Record<FaultKind, number>>, Promise<void>[]] = [{}, []];
  const published: string[] = [];
  const ended = new Set<string>();
  const publishNext = async (): Promise<void> => {
    const lane = lanes[published.length % lanes.length];
    if (lane !== undefined && published.length < runs) {
      const id = `disturbed-${published.length}`;
      published.push(runIdOf(lane.pipeline, { source: publisher, sourceEventId: id }));
      await publish(log, lane, id);
    }
  };
  const from = (await log.leaderLastSequence()) + 1;
  for (let first = 0; first < Math.min(atOnce, runs); first++) await publishNext();
  let fault = nextOf(schedule);
  let [journalMessages, next] = [0, fault?.gap ?? 0];
  const signal = AbortSignal.timeout(patienceMs);
  for await (const { subject } of log.follow([filters.journals, filters.outcomes], { from, signal })) {
    if (parseSubject(subject).kind === "outcome") {
      ended.add(runOf(subject));
      void publishNext();
      if (ended.size === runs) break;
    } else if (++journalMessages >= next && fault !== undefined) {
      const hit = inflict(fault, ward);
      if (hit !== undefined) {
        inflicted.push(hit.over);
        faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
        note(`after journal message ${journalMessages}, ${ended.size} of ${runs} runs ended: ${hit.what}`);
      }
      fault = nextOf(schedule);
      next = journalMessages + (fault?.gap ?? 0);
    }
  }
  await Promise.all(inflicted);
  return { runs: published, faults };
}

function nextOf(schedule: Iterator<Fault, unknown>): Fault | undefined {
  const { done, value } = schedule.next();
  return done === true ? undefined : value;
}

const publisher = "chaos";

/** Publishes a lane's file as any client would, however often it takes: the same source and id is the same event. */
async function publish(log: Log, { pipeline, dataset, file }: Lane, id: string): Promise<string> {
  const type = "millrace.dataset.published.v1";
  const event = { specversion: "1.0", id, source: publisher, type, data: { uri: file } };
  const bytes = Buffer.from(JSON.stringify(event));
  while (!(await log.append(`mr.dataset.${dataset}`, bytes).catch(() => undefined))) await sleep(100);
  return runIdOf(pipeline, { source: publisher, sourceEventId: id });
}

/** The log once every outcome is fanned out, or as it is when that takes too long. */
async function settledLog(natsUrl: string, runs: readonly string[], patienceMs: number): Promise<AuditedLog> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const log = await readWholeLog(natsUrl);
    if (missingFanOut(log, runs).length === 0 || performance.now() > deadline) return log;
    await sleep(200);
  }
}

function runOf(subject: string): string {
  const parsed = parseSubject(subject);
  return "run" in parsed ? parsed.run : "";
}

function claimsAgain({ runs }: AuditedLog): number {
  const journals = [...runs.values()].flatMap((run) => Array.from(run.journals.values()));
  const claims = journals.map((messages) => messages.filter(({ event }) => event.body?.$case === "claimed").length);
  return claims.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;
}
