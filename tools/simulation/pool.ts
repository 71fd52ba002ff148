import { Worker } from "node:worker_threads";
import type { Report } from "../../runtime/testing/simulation/mod.ts";

/** Which schedules are run. */
export interface ScheduleChoice {
  /** A planted defect, by name. */
  readonly plant?: string | undefined;
  readonly sweeper?: boolean | undefined;
}

/** Seeds that a thread runs one after the other. */
export interface BlockOfSeeds {
  readonly from: number;
  readonly count: number;
}

/** How a block went: it ends at the first violation. */
export interface BlockResult {
  readonly ran: number;
  readonly found: Pick<Report, "seed" | "violations" | "faults" | "hash"> | undefined;
}

export interface PoolOptions extends ScheduleChoice {
  readonly seed: number;
  readonly schedules: number;
  readonly threads: number;
  /** Called now and then with how many schedules have run. */
  readonly onProgress?: (ran: number) => void;
}

const blockSize = 100;

/** Runs schedules in threads until all have run or one violates a rule; of several at once the lowest seed counts. */
export async function runSchedules(options: PoolOptions): Promise<BlockResult> {
  const { seed, schedules, threads, plant, sweeper } = options;
  let next = seed;
  let ran = 0;
  const all: NonNullable<BlockResult["found"]>[] = [];
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL("schedules.ts", import.meta.url), { workerData: { plant, sweeper } }),
  );
  const work = async (worker: Worker): Promise<void> => {
    while (all.length === 0 && next < seed + schedules) {
      const block = { from: next, count: Math.min(blockSize, seed + schedules - next) };
      next += block.count;
      const result = await askOnce(worker, block);
      ran += result.ran;
      options.onProgress?.(ran);
      if (result.found) all.push(result.found);
    }
  };
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return { ran, found: all.sort((one, other) => one.seed - other.seed)[0] };
}

function askOnce(worker: Worker, block: BlockOfSeeds): Promise<BlockResult> {
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", (result: BlockResult) => {
      worker.off("error", reject);
      resolve(result);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread's port, not a window.
    worker.postMessage(block);
  });
}
