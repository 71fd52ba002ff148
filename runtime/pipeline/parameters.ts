import * as v from "valibot";
import { canonicalJson } from "../model/mod.ts";
import { compileError, type NodePlace } from "./compile-error.ts";

/**
 * Checks a node's parameters against its component's schemas.
 * @returns Their canonical JSON, defaults applied.
 * @throws {Terminal} `bad-parameter` naming node and parameter.
 */
export function parametersJson(place: NodePlace, given: Readonly<Record<string, unknown>>): string {
  const values = Object.entries(place.declaration.parameters).map(([name, schema]): [string, unknown] => {
    const parsed = v.safeParse(schema, given[name]);
    if (parsed.success) return [name, parsed.output];
    const issue = parsed.issues[0];
    const path = [name, ...(issue.path ?? []).map((item) => String(item.key))].join(".");
    throw compileError("bad-parameter", place, path, `parameter "${path}": ${issue.message}`);
  });
  try {
    return canonicalJson(Object.fromEntries(values));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw compileError("bad-parameter", place, "parameters", `parameters: ${message}`);
  }
}
