import { Terminal } from "../model/mod.ts";

/**
 * Orders nodes so that each follows those it needs, ties by name (by code unit).
 * @param needs Names of the nodes each node takes inputs from.
 * @throws {Terminal} `cycle`, naming the nodes of one cycle.
 */
export function topologicalOrder(needs: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const ordered: string[] = [];
  const placed = new Set<string>();
  const waiting = [...needs.keys()].sort();
  while (waiting.length > 0) {
    const next = waiting.findIndex((name) => [...(needs.get(name) ?? [])].every((need) => placed.has(need)));
    if (next < 0) throw cycleError(cycleIn(needs, waiting, placed));
    const [name] = waiting.splice(next, 1) as [string];
    ordered.push(name);
    placed.add(name);
  }
  return ordered;
}

// Every waiting node needs another waiting one, so walking back along needs must come to a node seen before.
function cycleIn(
  needs: ReadonlyMap<string, ReadonlySet<string>>,
  waiting: readonly string[],
  placed: ReadonlySet<string>,
): readonly string[] {
  const path: string[] = [];
  let name = waiting[0] as string;
  while (!path.includes(name)) {
    path.push(name);
    name = [...(needs.get(name) ?? [])].find((need) => !placed.has(need)) as string;
  }
  return [...path.slice(path.indexOf(name)), name].reverse();
}

function cycleError(cycle: readonly string[]): Terminal {
  return new Terminal("cycle", `Cannot order the nodes: ${cycle.join(" → ")} is a cycle`, {
    field: cycle[0] as string,
  });
}
