import { parseToken, Terminal } from "../model/mod.ts";
import type { DraftNode } from "./draft.ts";
import { type Handle, isHandle } from "./handle.ts";
import type { Returned } from "./pipeline.ts";

/** Name of the node that stands for the run's dataset in every plan. */
export const sourceNodeName = "source";

/** Gives every node of a pipeline its name. */
export function nameNodes(
  pipeline: string,
  nodes: readonly DraftNode[],
  returned: Returned,
): ReadonlyMap<string, DraftNode> {
  const keys = returnedKeys(pipeline, returned);
  const named = new Map<string, DraftNode>();
  for (const node of nodes) {
    const name = parseToken("node name", node.given.name ?? keys.get(node) ?? node.declaration.name);
    const other = named.get(name);
    if (other !== undefined || name === sourceNodeName) {
      const what = other === undefined ? "the dataset's own node" : other.declaration.name;
      throw new Terminal(
        "duplicate-node",
        `Cannot define pipeline "${pipeline}": "${name}" names both ${what} and ${node.declaration.name}; ` +
          `return them under different keys, or give one a name: "…"`,
        { field: name },
      );
    }
    named.set(name, node);
  }
  return named;
}

function returnedKeys(pipeline: string, returned: Returned): ReadonlyMap<object, string> {
  const keys = new Map<object, string>();
  for (const [key, value] of Object.entries(returned)) {
    for (const handle of handlesIn(pipeline, key, value)) {
      if (handle.origin.kind !== "output") continue;
      const draft = handle.origin.node as DraftNode;
      const other = keys.get(draft);
      if (other !== undefined && other !== key && draft.given.name === undefined) {
        throw new Terminal(
          "ambiguous-name",
          `Cannot define pipeline "${pipeline}": its ${draft.declaration.name} is returned as "${other}" and as "${key}"; ` +
            `return it once, or give it a name: "…"`,
          { field: key },
        );
      }
      keys.set(draft, key);
    }
  }
  return keys;
}

function handlesIn(pipeline: string, key: string, value: unknown): readonly Handle[] {
  if (isHandle(value)) return [value];
  const members = typeof value === "object" && value !== null ? Object.values(value) : [];
  if (members.length > 0 && members.every(isHandle)) return members;
  throw new Terminal(
    "not-a-handle",
    `Cannot define pipeline "${pipeline}": it returns "${key}", which is not what a node function gave`,
    { field: key },
  );
}
