import { Command } from "commander";
import { addHistoryCommands } from "./commands/history.ts";
import { addExplainCommands } from "./commands/explain.ts";
import { addModelCommands } from "./commands/models.ts";
import { addPipelineCommands } from "./commands/pipelines.ts";
import { addProjectCommands } from "./commands/projects.ts";
import { addRecoveryCommands } from "./commands/recovery.ts";
import { addReplayCommands } from "./commands/replay.ts";
import { addRetentionCommands } from "./commands/retention.ts";
import { addRunCommands } from "./commands/runs.ts";
import { addStackCommands } from "./commands/stack.ts";
import type { SetStatus } from "./commands/verb.ts";

/** The command line, its verbs loaded only when they run: `millrace --help` is quick. */
export function program(setStatus: SetStatus): Command {
  const millrace = new Command("millrace")
    .description("Machine-learning pipelines as event choreography: publish a dataset, get a validated, served model.")
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .exitOverride()
    .showHelpAfterError("(millrace --help shows what there is)")
    .addHelpText(
      "after",
      `
Runs are named by id, by the beginning of one, or as "latest".
With no stack running, a verb starts what it needs for its own length.

Exit status: 0 done; 1 refused, failed or not equal, the reason on stderr; 2 wrong use.`,
    );
  addProjectCommands(millrace, setStatus);
  addStackCommands(millrace, setStatus);
  addPipelineCommands(millrace, setStatus);
  addRunCommands(millrace, setStatus);
  addRecoveryCommands(millrace, setStatus);
  addReplayCommands(millrace, setStatus);
  addExplainCommands(millrace, setStatus);
  addModelCommands(millrace, setStatus);
  addHistoryCommands(millrace, setStatus);
  addRetentionCommands(millrace, setStatus);
  return millrace;
}
