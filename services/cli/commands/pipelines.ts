import type { Command } from "commander";
import { type SetStatus, withReadVerb, withVerb } from "./verb.ts";

/** Verbs about pipelines. */
export function addPipelineCommands(millrace: Command, setStatus: SetStatus): void {
  const pipeline = millrace.command("pipeline").description("register and look at pipelines");
  withVerb(
    pipeline
      .command("register")
      .description("compile a pipeline, bundle its functions and register the plan")
      .argument("[file]", "module whose default export is the pipeline", "pipeline.ts"),
    setStatus,
    async () => (await import("../verbs/pipeline-register.ts")).pipelineRegister,
    { "millrace pipeline register pipeline.ts": "unchanged, it makes no new version" },
  );
  withReadVerb(
    pipeline.command("list").description("list registered pipelines"),
    setStatus,
    async () => (await import("../verbs/pipeline-list.ts")).pipelineList,
    { "millrace pipeline list": "name, version, dataset and number of nodes" },
  );
  withReadVerb(
    pipeline
      .command("show")
      .description("show a pipeline's plan: nodes, inputs, parameters")
      .argument("<pipeline>", "its name"),
    setStatus,
    async () => (await import("../verbs/pipeline-show.ts")).pipelineShow,
    { "millrace pipeline show penguins --json": "the plan as it is registered" },
  );
}
