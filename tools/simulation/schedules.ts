// A thread of `npm run simulate`: runs blocks of seeds and says how each went.
import { parentPort, workerData } from "node:worker_threads";
import { plants, simulate } from "../../runtime/testing/simulation/mod.ts";
import type { Report } from "../../runtime/testing/simulation/mod.ts";
import { partsOf } from "./parts.ts";
import type { BlockOfSeeds, BlockResult, ScheduleChoice } from "./pool.ts";

/** What is told of a schedule: all but the scenario, which its seed makes again. */
function told({ seed, violations, faults, hash }: Report): BlockResult["found"] {
  return { seed, violations, faults, hash };
}

async function runBlock({ from, count }: BlockOfSeeds): Promise<BlockResult> {
  const choice = workerData as ScheduleChoice;
  for (let seed = from; seed < from + count; seed++) {
    const plant = plants.find(({ name }) => name === choice.plant);
    const report = await simulate(seed, partsOf(choice, plant));
    if (report.violations.length > 0) return { ran: seed - from + 1, found: told(report) };
  }
  return { ran: count, found: undefined };
}

parentPort?.on("message", (block: BlockOfSeeds) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread's port, not a window.
  void runBlock(block).then((result) => parentPort?.postMessage(result));
});
