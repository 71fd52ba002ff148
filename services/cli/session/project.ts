import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { WrongUse } from "../wrong-use.ts";

const schema = v.object({
  millrace: v.optional(
    v.object({
      /** Modules of pipelines that `up` registers. */
      pipelines: v.optional(v.array(v.string()), []),
      /** Main modules of services of the project's own, by component name. */
      services: v.optional(v.record(v.string(), v.string()), {}),
    }),
    {},
  ),
});

/** What a project's package.json says under "millrace"; paths are relative to it. */
export type ProjectSettings = v.InferOutput<typeof schema>["millrace"];

/**
 * Reads a project's settings.
 * @throws {WrongUse} package.json is no JSON, or not as it should be.
 */
export function readProject(directory: string): ProjectSettings {
  const file = join(directory, "package.json");
  if (!existsSync(file)) return { pipelines: [], services: {} };
  const parsed = v.safeParse(schema, parse(file));
  if (parsed.success) return parsed.output.millrace;
  const [issue] = parsed.issues;
  throw new WrongUse(`Cannot read ${file}: field ${v.getDotPath(issue) ?? "millrace"}: ${issue.message}`);
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new WrongUse(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
