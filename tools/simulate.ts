// Simulated schedules of the whole protocol: `npm run -s simulate`. docs/simulation.md says what they are.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { actLine, faultLine, plants, shrink, simulate } from "../runtime/testing/simulation/mod.ts";
import { partsOf } from "./simulation/parts.ts";
import { runSchedules } from "./simulation/pool.ts";
import type { ScheduleChoice } from "./simulation/pool.ts";

const schedulesDefault = 1_000_000;
/** Within this many schedules each planted defect is found. */
const plantSchedules = 10_000;
const usage = `usage: npm run -s simulate -- [--seed S] [--schedules N] [--plants] [--plant NAME] [--sweeper on|off] [--threads N]`;

function wrongUse(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) wrongUse(`Cannot take --${name} ${text}: it must be a whole number`);
  return Number(text);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: "string" },
        schedules: { type: "string" },
        threads: { type: "string" },
        plants: { type: "boolean" },
        plant: { type: "string" },
        sweeper: { type: "string" },
      },
    });
    return values;
  } catch (thrown) {
    return wrongUse(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function listPlants(): void {
  for (const { name, rule, seen } of plants) console.log(`${name.padEnd(24)} ${rule}; seen as ${seen.join(", ")}`);
}

/** Prints a violating schedule, made small. */
async function explain(seed: number, choice: ScheduleChoice): Promise<void> {
  const plant = plants.find(({ name }) => name === choice.plant);
  // A defect may remember what it did: each schedule has its own.
  const parts = () => partsOf(choice, plant);
  const first = await simulate(seed, parts());
  const small = await shrink(first, parts);
  const { scenario } = small;
  const replicas = Object.entries(scenario.replicas).map(([name, count]) => `${count} ${name}`);
  console.log(
    `seed ${seed}: ${scenario.shape.name}; ${replicas.join(", ")}; sweeper ${scenario.sweeper ? "on" : "off"}`,
  );
  for (const { rule, what } of small.violations) console.log(`  violated ${rule}: ${what}`);
  console.log("acts:");
  for (const act of scenario.acts) console.log(`  ${actLine(act)}`);
  console.log(`faults (${small.faults.length} of ${first.faults.length} are enough):`);
  for (const fault of small.faults) console.log(`  ${faultLine(fault)}`);
  console.log("what happened:");
  for (const line of small.lines) console.log(`  ${line}`);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.plants) {
    listPlants();
    return 0;
  }
  if (options.plant !== undefined && !plants.some(({ name }) => name === options.plant))
    wrongUse(`Cannot plant ${options.plant}: it must be one of ${plants.map(({ name }) => name).join(", ")}`);
  if (options.sweeper !== undefined && !["on", "off"].includes(options.sweeper))
    wrongUse(`Cannot take --sweeper ${options.sweeper}: it must be on or off`);
  const choice: ScheduleChoice = {
    plant: options.plant,
    sweeper: options.sweeper === undefined ? undefined : options.sweeper === "on",
  };
  const asked = wholeNumber("seed", options.seed);
  const seed = asked ?? 1;
  const many = options.plant === undefined ? schedulesDefault : plantSchedules;
  const schedules = wholeNumber("schedules", options.schedules) ?? (asked === undefined ? many : 1);
  const threads =
    wholeNumber("threads", options.threads) ?? Math.min(availableParallelism(), Math.ceil(schedules / 100));
  const onProgress = (ran: number) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${ran} of ${schedules}`);
  };
  const { ran, found } = await runSchedules({ ...choice, seed, schedules, threads, onProgress });
  if (process.stderr.isTTY) process.stderr.write("\r");
  if (found === undefined) {
    if (schedules === 1) console.log(`seed ${seed}: trace ${(await simulate(seed, partsOf(choice))).hash}`);
    console.log(`${ran} schedules, 0 violations`);
    return 0;
  }
  await explain(found.seed, choice);
  const rules = [...new Set(found.violations.map(({ rule }) => rule))].join(", ");
  const again = ["npm run -s simulate --", `--seed ${found.seed}`];
  if (choice.plant) again.push(`--plant ${choice.plant}`);
  if (options.sweeper) again.push(`--sweeper ${options.sweeper}`);
  console.log(`${ran} schedules, violated by seed ${found.seed}: ${rules}. Again: ${again.join(" ")}`);
  return 1;
}

process.exitCode = await main();
