import type { Command } from "commander";
import { type SetStatus, withVerb } from "./verb.ts";

/** Verbs that make a run go on, or stop it. */
export function addRecoveryCommands(millrace: Command, setStatus: SetStatus): void {
  withVerb(
    millrace
      .command("resume")
      .description("go on with a run that failed or was cancelled; what completed is not touched")
      .argument("<run>", "run id")
      .option("--plan <which>", "current: with the project's pipeline as it is now; same: as the run has it", "current")
      .option("--reason <text>", "why, for the log")
      .option("--wait", "until the run ends; exit status 1 if it failed"),
    setStatus,
    async () => (await import("../verbs/resume.ts")).resume,
    {
      "millrace resume latest --wait": "after the code or the data's place was mended",
      "millrace resume 3f0c --plan same": "with the code that the run began with",
    },
  );
  withVerb(
    millrace
      .command("cancel")
      .description("cancel a run, and say of each node whether the cancel or its completion was first")
      .argument("<run>", "run id")
      .option("--reason <text>", "why, for the log")
      .option("--wait", "until the run has ended, however long that takes"),
    setStatus,
    async () => (await import("../verbs/cancel.ts")).cancel,
    { 'millrace cancel latest --reason "wrong data"': "work stops within two seconds" },
  );
}
