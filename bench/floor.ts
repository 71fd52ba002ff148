// The least that a nine-step chain on JetStream can cost: nine processes, each raw consume → compare-and-set publish
// → ack, with nothing of Millrace in them. Run by itself: node bench/floor.ts nats://127.0.0.1:4222
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const [steps, warmUps, batches] = [9, 200, 6];
const payload = new Uint8Array(256);

export interface FloorFigures {
  /** Milliseconds of each run of the chain, one at a time, in order. */
  readonly runsMs: readonly number[];
  readonly runsPerSecondAtOnce: number;
}

/** Measures runs one after another, then batches of a number at once, of which the last counts: all is warm then. */
export async function measureFloor(url: string, runs: number, atOnce: number): Promise<FloorFigures> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "floor", subjects: ["floor.>"] });
  const workers = Array.from({ length: steps }, (_, step) => fork(fileURLToPath(import.meta.url), [url, String(step)]));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const ends = new Map<string, () => void>();
  const stop = await consume(url, steps, async (message) => ends.get(runOf(message))?.());
  const publish = jetstream(connection);
  const run = async (id: string): Promise<number> => {
    const startMs = performance.now();
    const ended = new Promise<void>((resolve) => ends.set(id, resolve));
    await publish.publish(`floor.0.${id}`, payload);
    await ended;
    return performance.now() - startMs;
  };
  for (let index = 0; index < warmUps; index++) await run(`warm-${index}`);
  const runsMs: number[] = [];
  for (let index = 0; index < runs; index++) runsMs.push(await run(`one-${index}`));
  let runsPerSecondAtOnce = 0;
  for (let batch = 0; batch < batches; batch++) {
    const startMs = performance.now();
    await Promise.all(Array.from({ length: atOnce }, (_, index) => run(`many-${batch}-${index}`)));
    runsPerSecondAtOnce = (atOnce * 1_000) / (performance.now() - startMs);
  }
  for (const worker of workers) worker.disconnect();
  await Promise.all(workers.map((worker) => once(worker, "exit")));
  await stop();
  await manager.streams.delete("floor");
  await connection.close();
  return { runsMs, runsPerSecondAtOnce };
}

async function consume(url: string, step: number, take: (message: JsMsg) => Promise<unknown>) {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  const name = `step-${step}`;
  const filter = { filter_subject: `floor.${step}.*` };
  await manager.consumers.add("floor", { durable_name: name, ack_policy: AckPolicy.Explicit, ...filter });
  const consumer = await jetstream(connection).consumers.get("floor", name);
  await consumer.consume({ callback: (message) => void take(message).then(() => message.ack()) });
  return () => connection.close();
}

const runOf = ({ subject }: JsMsg): string => subject.split(".")[2] ?? "";

/** One step's process; it ends when its parent lets go. */
async function work(url: string, step: number): Promise<void> {
  const connection = await connect({ servers: url });
  const [publish, expect] = [jetstream(connection), { lastSubjectSequence: 0 }];
  const stop = await consume(url, step, (message) =>
    publish.publish(`floor.${step + 1}.${runOf(message)}`, message.data, { expect }),
  );
  process.once("disconnect", () => void Promise.all([stop(), connection.close()]));
  process.send?.("ready");
}

const [url, step] = process.argv.slice(2);
if (import.meta.main && url !== undefined)
  await (step === undefined ? measureFloor(url, 200, 200).then(console.log) : work(url, Number(step)));
