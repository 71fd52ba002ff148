import type { Command } from "commander";
import { collect } from "./collect.ts";
import { type SetStatus, withReadVerb, withVerb } from "./verb.ts";

/** Verbs that run a run again, branch off it, and hold runs side by side. */
export function addReplayCommands(millrace: Command, setStatus: SetStatus): void {
  withVerb(
    millrace
      .command("reproduce")
      .description("run a run again without cache and effects, and compare every output with what it was")
      .argument("<run>", "run id")
      .option("--wait", "until the verdict; exit status 1 if it diverged"),
    setStatus,
    async () => (await import("../verbs/reproduce.ts")).reproduce,
    { "millrace reproduce latest --wait": "training included, bit for bit" },
  );
  withVerb(
    millrace
      .command("fork")
      .description("start a run that takes what another finished before a node, and goes on with changes")
      .argument("<run>", "run id")
      .requiredOption("--from <node>", "first node that is not taken; what follows it is not either")
      .option("--set <node.param=value>", "change a parameter; may be repeated", collect)
      .option("--code <path>", "take the code from another pipeline module or project")
      .option("--push", "let it bless and push; without it nothing outside the store is touched")
      .option("--wait", "until the run ends; exit status 1 if it failed"),
    setStatus,
    async () => (await import("../verbs/fork.ts")).fork,
    {
      "millrace fork latest --from model --set model.epochs=60": "what if it had trained longer?",
      "millrace fork latest --from features --code ../branch": "with the code of another checkout",
    },
  );
  withReadVerb(
    millrace
      .command("diff")
      .description("hold two runs side by side: what was changed, decided and made")
      .argument("<run>", "run id")
      .argument("<other>", "run id"),
    setStatus,
    async () => (await import("../verbs/diff.ts")).diff,
    { "millrace diff 3f0c latest": "only what differs, worst first; --json has everything" },
  );
}
