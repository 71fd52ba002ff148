import type { World } from "../world.ts";
import type { History, RunHistory } from "./history.ts";
import { journalOf } from "./history.ts";

/** A claim that came after a cancel of its epoch neither completes nor acts, unless a push was past its point of no return. */
export function checkCancels(world: World, history: History): void {
  for (const run of history.runs.values())
    for (const [node, { steps }] of run.nodes)
      for (const [index, { written, journal }] of steps.entries()) {
        if (journal.phase !== "claimed" || !cancelledBefore(run, written.entry.sequence)) continue;
        const next = steps[index + 1];
        if (next?.journal.phase !== "completed" || hadNoReturn(world, history, run, node, written.entry.sequence))
          continue;
        world.violate(
          "completed-after-cancel",
          `${run.run} ${node} was claimed at ${written.entry.sequence} and completed`,
        );
      }
}

/** Whether the run was cancelled in its epoch when a message was written. */
export function cancelledBefore(run: RunHistory, sequence: number): boolean {
  return run.control.findLast(({ written }) => written.entry.sequence < sequence)?.chain.state.cancelRequested === true;
}

/** Whether this node's run had intended a push, or blessed its model, before a sequence. */
function hadNoReturn({ scenario }: World, history: History, run: RunHistory, node: string, before: number): boolean {
  const effect =
    scenario.shape.effects[journalOf(run, node).head === undefined ? "" : (run.nodes.get(node)?.component ?? "")];
  if (effect === undefined) return false;
  return ["mr.target.target", `mr.blessed.${run.pipeline}`].some((subject) =>
    history.others.get(subject)?.some(({ entry, event }) => {
      const body = event?.body;
      const by =
        body?.$case === "pushIntended" ? body.value.push?.run : body?.$case === "modelBlessed" ? body.value.run : "";
      return entry.sequence < before && by === run.run;
    }),
  );
}
