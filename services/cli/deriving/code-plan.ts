import { statSync } from "node:fs";
import { join } from "node:path";
import type { ArtifactStore } from "millrace/artifacts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { Terminal } from "millrace/model";
import { compileModule } from "../registration/compile-module.ts";
import { readProject } from "../session/project.ts";

/** The module that a project has its pipeline in if its package.json names none. */
const usualModule = "pipeline.ts";

/**
 * The plan of a pipeline as the code at a path has it, its functions bundled into the store; it is not registered.
 * @param path A pipeline's module, or a project's directory.
 * @throws {Terminal} `bad-pipeline-module`: none there is of that pipeline; what compiling refuses.
 */
export async function codePlan(path: string, pipeline: string, store: ArtifactStore): Promise<Plan> {
  const found: string[] = [];
  for (const file of modulesAt(path)) {
    const plan = await compileModule(file, store);
    if (plan.pipeline === pipeline) return plan;
    found.push(plan.pipeline);
  }
  throw new Terminal(
    "bad-pipeline-module",
    `Cannot take code from ${path}: it must be of pipeline ${pipeline}, and is of ${found.join(", ")}`,
    { file: path },
  );
}

function modulesAt(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const { pipelines } = readProject(path);
  return (pipelines.length === 0 ? [usualModule] : pipelines).map((file) => join(path, file));
}
