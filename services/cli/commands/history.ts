import type { Command } from "commander";
import { type SetStatus, withReadVerb, withVerb } from "./verb.ts";

/** Verbs about the log as a whole: whether it is sound, and carrying it elsewhere. */
export function addHistoryCommands(millrace: Command, setStatus: SetStatus): void {
  withReadVerb(
    millrace
      .command("verify")
      .description("read the whole log and every artifact, and tell whether all is as it must be"),
    setStatus,
    async () => (await import("../verbs/verify.ts")).verify,
    { "millrace verify": "exit status 1 with problems, each with its code and place" },
  );
  withVerb(
    millrace
      .command("rebuild")
      .description("drop everything that was folded from the log and kept, fold it again, and compare"),
    setStatus,
    async () => (await import("../verbs/rebuild.ts")).rebuild,
    { "millrace rebuild": "exit status 1 if something was not what the log says" },
  );
  withReadVerb(
    millrace
      .command("export")
      .description("write the log, or one ended run, to a file that can be carried elsewhere")
      .argument("[run]", "only this run")
      .requiredOption("--out <file>", "file to write; compressed if its name ends in .gz")
      .option("--artifacts", "and the artifacts it refers to"),
    setStatus,
    async () => (await import("../verbs/export.ts")).exportHistory,
    {
      "millrace export latest --out run.history.gz --artifacts": "a run that can be reproduced elsewhere",
      "millrace export --out log.history.gz": "every message of the log",
    },
  );
  withVerb(
    millrace
      .command("import")
      .description("read an exported file: a run into any log, a whole log into an empty one")
      .argument("<file>", "what `export` wrote"),
    setStatus,
    async () => (await import("../verbs/import.ts")).importFile,
    { "millrace import run.history.gz": "imported again, it changes nothing" },
  );
}
