import { resolve } from "node:path";
import { storePlan } from "millrace/artifacts";
import { registerPipeline, type RegisteredPlan } from "millrace/control";
import type { Log } from "millrace/log";
import type { Invocation } from "../invocation.ts";
import { readProject } from "../session/project.ts";
import { storeOf } from "../session/store.ts";
import { compileModule } from "./compile-module.ts";

/** Registers the pipelines that the project's package.json lists. */
export async function registerProject({ data, note }: Invocation, log: Log): Promise<void> {
  const store = storeOf(data);
  for (const file of readProject(data.project).pipelines) {
    const plan = await compileModule(resolve(data.project, file), store);
    const registered = await registerPipeline(log, plan, (bytes) => storePlan(store, bytes));
    if (registered.changed) note(sentenceOf(registered));
  }
}

/** What a registration did, for people. */
export function sentenceOf({ pipeline, version, changed }: RegisteredPlan): string {
  return changed
    ? `Registered version ${version} of pipeline ${pipeline}`
    : `Pipeline ${pipeline} is unchanged: version ${version}`;
}
