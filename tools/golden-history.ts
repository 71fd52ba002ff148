// Writes golden histories: `npm run -s golden -- NAME`. Plays a scenario on a stack of its own, exports the log to
// tests/histories/NAME.history.gz and what is folded from it to NAME.json; and NAME-fates of a made past with runs of
// every fate. Never overwrites: what was written once is kept for ever. tests/histories/README.md says when.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportLog } from "millrace/history";
import { MemoryLog } from "millrace/log";
import { writeHistories } from "../runtime/testing/history/write-histories.ts";
import { GoldenHistory, projectionsOf } from "../tests/support/golden-history.ts";
import { playScenario } from "../tests/support/golden-scenario.ts";

const directory = join(import.meta.dirname, "../tests/histories");
const fates = ["succeeded", "reused", "retried", "failed", "resumed", "cancelled", "running", "queued"] as const;

const [name = ""] = process.argv.slice(2);
if (!/^[a-z0-9][a-z0-9.-]*$/.test(name)) throw new Error("Give the history a name of small letters, digits, . and -");
const historyOf = (history: string): string => join(directory, `${history}.history.gz`);
for (const history of [name, `${name}-fates`])
  if (existsSync(historyOf(history))) throw new Error(`${historyOf(history)} is there, and is kept for ever`);

async function exportFates(file: string): Promise<void> {
  const log = new MemoryLog();
  await writeHistories(log, fates.length, (index) => fates[index] ?? "succeeded");
  using nowhere = new GoldenHistory();
  await exportLog(log, nowhere.store, { file, to: await log.leaderLastSequence() });
}

async function writeProjections(history: string): Promise<void> {
  using golden = await GoldenHistory.read(historyOf(history));
  const text = JSON.stringify(await projectionsOf(golden));
  writeFileSync(join(directory, `${history}.json`), `${text}\n`, { flag: "wx" });
}

await exportFates(historyOf(`${name}-fates`));
await playScenario(historyOf(name), (sentence) => console.log(sentence));
for (const history of [name, `${name}-fates`]) await writeProjections(history);
