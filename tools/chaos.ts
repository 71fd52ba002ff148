// Real kills on real processes: `npm run chaos [-- --runs N --seed S --light]`. Prints a line a kill, then a table, and
// ends with `N runs, K kills, 0 violations`, or exit 1. The penguins' pipeline on all its services; with --light the
// tests' own components, which take no time of their own.
import { parseArgs } from "node:util";
import { chaos, type ChaosReport } from "../tests/support/chaos/chaos.ts";
import { penguinsSetting } from "../tests/support/chaos/penguins.ts";
import { millSetting } from "../tests/support/chaos/mill.ts";

const { values } = parseArgs({
  options: { runs: { type: "string" }, seed: { type: "string" }, light: { type: "boolean" } },
});

function count(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new Error(`Cannot use --${name} ${text}: it must be a whole number above 0`);
}

function print({ seed, runs, faults, messages, claimsAgain, violations, tookMs }: ChaosReport): void {
  const rows = Object.entries(faults).map(([fault, times]) => ({ fault, times }));
  console.table(rows);
  console.log(`seed ${seed}: ${messages} messages, ${claimsAgain} claims again, ${(tookMs / 1_000).toFixed(1)} s`);
  for (const violation of violations) console.log(`violation: ${violation}`);
  const kills = rows.reduce((sum, { times }) => sum + times, 0);
  console.log(`${runs} runs, ${kills} kills, ${violations.length} violations`);
}

const seed = count("seed", values.seed, 1 + (Date.now() % 1_000_000));
const runs = count("runs", values.runs, 20);
console.log(`seed ${seed}`);
await using setting = values.light === true ? millSetting() : penguinsSetting();
const report = await chaos({ seed, runs, setting, note: (line) => console.log(line) });
print(report);
process.exitCode = report.violations.length === 0 ? 0 : 1;
