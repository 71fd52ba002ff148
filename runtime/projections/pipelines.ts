import { emptyChain, pipelineChain, stepChain } from "../journal/mod.ts";
import type { Chain, Registrations } from "../journal/mod.ts";
import { subjectsOf } from "../log/mod.ts";
import type { Log } from "../log/mod.ts";
import type { ReadAt } from "./read-at.ts";

/** Every pipeline's registrations, by name. */
export async function foldPipelines(log: Log, at: ReadAt = {}): Promise<ReadonlyMap<string, Chain<Registrations>>> {
  const { filters } = subjectsOf(log.namespace);
  const pipelines = new Map<string, Chain<Registrations>>();
  for await (const entry of log.read([filters.pipelines], at)) {
    const name = entry.subject.slice(entry.subject.lastIndexOf(".") + 1);
    pipelines.set(name, stepChain(pipelineChain, pipelines.get(name) ?? emptyChain(pipelineChain), entry));
  }
  return pipelines;
}
