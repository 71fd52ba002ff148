import type { Command } from "commander";
import { type SetStatus, withReadVerb, withVerb } from "./verb.ts";

/** Verbs about runs and what they make. */
export function addRunCommands(millrace: Command, setStatus: SetStatus): void {
  withVerb(
    millrace
      .command("publish")
      .description("publish a dataset: starts a run of every pipeline on it")
      .argument("<dataset>", "its name")
      .argument("<path>", "file, or URI")
      .option("--wait", "until the runs end; exit status 1 if one failed")
      .option("--format <format>", "csv, tfrecord or parquet (default: by the name)")
      .option("--digest <digest>", 'what the file must be: "sha256:…"')
      .option("--span <number>", "span of the dataset")
      .option("--version <number>", "version within the span")
      .option("--id <id>", "event id (default: a random one); the same source and id is the same event")
      .option("--source <source>", "event source", "millrace-cli")
      .option("--no-cache", "the runs reuse nothing, and offer nothing to later ones"),
    setStatus,
    async () => (await import("../verbs/publish.ts")).publish,
    {
      "millrace publish penguins data/penguins.csv": "say which runs it started",
      "millrace publish penguins data/penguins.csv --wait": "and how they ended",
    },
  );
  withReadVerb(
    millrace
      .command("runs")
      .description("list runs, newest first")
      .option("--pipeline <name>", "only of this pipeline")
      .option("--state <state>", "only in this state: queued, running, succeeded, failed or cancelled")
      .option("--limit <n>", "only the newest so many of them"),
    setStatus,
    async () => (await import("../verbs/runs.ts")).runs,
    {
      "millrace runs": "all runs",
      "millrace runs --at 2026-11-23T12:00:00Z": "as they stood then",
      "millrace runs --state failed --limit 5": "the last five that failed",
    },
  );
  const run = millrace.command("run").description("look at one run");
  withReadVerb(
    run.command("show").description("show a run: its nodes, metrics and what it pushed").argument("<run>", "run id"),
    setStatus,
    async () => (await import("../verbs/run-show.ts")).runShow,
    { "millrace run show latest": "the newest run" },
  );
  withVerb(
    run.command("watch").description("follow a run until it ends").argument("<run>", "run id"),
    setStatus,
    async () => (await import("../verbs/run-watch.ts")).runWatch,
    { "millrace run watch latest": "exit status 1 if it failed" },
  );
  addHistoryCommands(millrace, setStatus);
}

function addHistoryCommands(millrace: Command, setStatus: SetStatus): void {
  withReadVerb(
    millrace
      .command("artifacts")
      .description("list artifacts, newest first")
      .option("--type <type>", "only of this type, for example Model")
      .option("--run <run>", "only of this run"),
    setStatus,
    async () => (await import("../verbs/artifacts.ts")).artifacts,
    { "millrace artifacts --type Model": "every model there is" },
  );
  withReadVerb(
    millrace
      .command("lineage")
      .description("show what something was made from, or a run's whole graph")
      .argument("<run|digest>", "run id or digest of an artifact"),
    setStatus,
    async () => (await import("../verbs/lineage.ts")).lineage,
    { "millrace lineage latest --json": "artifacts, executions and edges" },
  );
  withReadVerb(
    millrace
      .command("log")
      .description("print the log, an event a line")
      .argument("[run]", "only of this run")
      .option("--follow", "and go on with what comes"),
    setStatus,
    async () => (await import("../verbs/log.ts")).log,
    { "millrace log latest": "what happened in the newest run", "millrace log --json": "one JSON object a line" },
  );
  withVerb(
    millrace
      .command("exec")
      .description("run a node's executor once on its recorded inputs, in the foreground; writes neither log nor store")
      .argument("<run>", "run id")
      .argument("<node>", "name of the node")
      .option("--inspect-brk", "wait for a debugger before the first line")
      .option("--out <dir>", "where its outputs go (default: a temporary directory)"),
    setStatus,
    async () => (await import("../verbs/exec.ts")).exec,
    { "millrace exec latest model --inspect-brk": "step through a trainer that failed" },
  );
}
