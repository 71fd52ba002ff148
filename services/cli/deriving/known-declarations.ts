import { resolve } from "node:path";
import { type DeclarationOf, standardDeclarations } from "millrace/pipeline";
import { loadPipeline } from "../registration/compile-module.ts";
import { readProject } from "../session/project.ts";

/**
 * Declarations of the components that pipelines of a project use: the standard ones, and those of the project's own,
 * which its pipelines' modules bring along.
 * @param modules Further modules of pipelines, absolute.
 */
export async function knownDeclarations(project: string, modules: readonly string[] = []): Promise<DeclarationOf> {
  const known = new Map(standardDeclarations);
  const files = [...readProject(project).pipelines.map((file) => resolve(project, file)), ...modules];
  for (const file of files)
    for (const { declaration } of (await loadPipeline(file)).nodes.values()) known.set(declaration.name, declaration);
  return (component) => known.get(component);
}
