import type { Command } from "commander";
import { type SetStatus, withVerb } from "./verb.ts";

/** Verbs about what is kept, and about going back to it. */
export function addRetentionCommands(millrace: Command, setStatus: SetStatus): void {
  withVerb(
    millrace
      .command("gc")
      .description("tell which artifacts nobody needs any more, and with --apply delete them")
      .option("--keep-runs <number>", "newest runs of each pipeline whose artifacts are kept", "10")
      .option("--apply", "delete them; without it nothing is changed")
      .option("--grace <duration>", "how long what was taken away can come back at least", "5s")
      .option("--pipeline <name>", "only what no other pipeline refers to"),
    setStatus,
    async () => (await import("../verbs/gc.ts")).gc,
    {
      "millrace gc": "what would be deleted, by pipeline and type",
      "millrace gc --keep-runs 3 --apply": "delete it; lineage stays, and so do pushed, blessed and pinned models",
    },
  );
  withVerb(
    millrace
      .command("pin")
      .description("keep an artifact, or whatever a run refers to, from gc")
      .argument("<digest|run>", "digest of an artifact, or run id")
      .option("--reason <text>", "why, for the log"),
    setStatus,
    async () => (await import("../verbs/pin.ts")).pin,
    { 'millrace pin latest --reason "for the audit"': "keep everything that the newest run read or made" },
  );
  withVerb(
    millrace
      .command("unpin")
      .description("take a pin away")
      .argument("<digest|run>", "digest of an artifact, or run id")
      .option("--reason <text>", "why, for the log"),
    setStatus,
    async () => (await import("../verbs/pin.ts")).unpin,
    { "millrace unpin latest": "leave it to gc's policy again" },
  );
  withVerb(
    millrace
      .command("rollback")
      .description("serve an earlier pushed model again, under a new version")
      .argument("<pipeline|destination>", "pipeline that pushes, or where to, for example serving/penguins")
      .option("--to <version>", "version to go back to (default: the one before the served one)")
      .option("--reason <text>", "why, for the log"),
    setStatus,
    async () => (await import("../verbs/rollback.ts")).rollback,
    {
      'millrace rollback penguins --reason "errs on Chinstrap"': "serve the model before the present one",
      "millrace rollback serving/penguins --to 57": "serve what was pushed as version 57",
    },
  );
}
