import type { Command } from "commander";
import { type SetStatus, withReadVerb } from "./verb.ts";

/** Verbs that explain. */
export function addExplainCommands(millrace: Command, setStatus: SetStatus): void {
  withReadVerb(
    millrace
      .command("why")
      .description("tell why a node ran, waits, was reused, skipped, tried again, failed or cancelled")
      .argument("<run>", "run id")
      .argument("<node>", "name of the node"),
    setStatus,
    async () => (await import("../verbs/why.ts")).why,
    {
      "millrace why latest model": "what led to it, message by message",
      "millrace why latest model --at 120": "as it stood at message 120",
    },
  );
  addBlessedAndPushed(millrace, setStatus);
}

function addBlessedAndPushed(millrace: Command, setStatus: SetStatus): void {
  const model = millrace.command("model").description("which model is blessed, and which is served");
  withReadVerb(
    model
      .command("blessed")
      .description("show the model that a pipeline blessed last, and the one before it")
      .argument("<pipeline>", "its name"),
    setStatus,
    async () => (await import("../verbs/model-blessed.ts")).modelBlessed,
    { "millrace model blessed penguins --at 2026-11-23T12:00:00Z": "the model blessed at that time" },
  );
  withReadVerb(
    model
      .command("pushed")
      .description("show what is served, since when, and every version before")
      .argument("<pipeline|destination>", "pipeline that pushes, or where it pushes to"),
    setStatus,
    async () => (await import("../verbs/model-pushed.ts")).modelPushed,
    { "millrace model pushed penguins": "what is served now", "millrace model pushed serving/penguins": "the same" },
  );
}
