import type { Command } from "commander";
import { type SetStatus, withVerb } from "./verb.ts";

/** Verbs that set something up. */
export function addProjectCommands(millrace: Command, setStatus: SetStatus): void {
  withVerb(
    millrace.command("demo").description("run the penguins pipeline from dataset to predictions, in one command"),
    setStatus,
    async () => (await import("../verbs/demo.ts")).demo,
    { "millrace demo": "start everything, publish a dataset, train, push, predict, stop" },
  );
  withVerb(
    millrace
      .command("init")
      .description("write a project for the columns of a CSV file")
      .requiredOption("--csv <file>", "data with a header")
      .option("--label <column>", "column to predict (default: the last with few values)")
      .option("--name <name>", "name of pipeline and dataset (default: the file's)"),
    setStatus,
    async () => (await import("../verbs/init.ts")).init,
    {
      "millrace init --csv penguins.csv --label species": "write pipeline.ts, preprocessing.ts, model.ts and settings",
    },
  );
}
