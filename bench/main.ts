import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";

type Bench = () => Promise<Readonly<Record<string, number>>>;

/** Each is loaded only when it is run, so that none weighs on another. */
const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  growth: async () => (await import("./growth.ts")).growth,
  log: async () => (await import("./log.ts")).log,
  overhead: async () => (await import("./overhead.ts")).overhead,
};

const usage = `Usage: npm run bench -- NAME [--json], NAME one of ${Object.keys(benches).join(", ")}`;

/** Runs one bench and prints its name, its figures and the machine they are of. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
  const [name = ""] = positionals;
  const load = benches[name];
  if (load === undefined) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const figures = await (await load())();
  if (values.json === true) console.log(JSON.stringify({ name, figures, machine: machine() }));
  else console.table({ ...figures });
}

function machine(): Readonly<Record<string, string | number>> {
  const [processor] = cpus();
  return {
    processor: processor?.model ?? "",
    cores: cpus().length,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

await main();
