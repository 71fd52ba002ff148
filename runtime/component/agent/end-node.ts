import { RunKind } from "../../contracts/millrace/event/v1/event.ts";
import { fanOutOf, isSink } from "../../driver/mod.ts";
import type { FanOutItem, PlacedNode, Snapshot } from "../../driver/mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { endRun, writeFanOut } from "../../publisher/mod.ts";
import type { AgentContext } from "./context.ts";

export interface EndNodeOptions {
  /** What is missing, where that is known. */
  readonly items?: readonly FanOutItem[];
  readonly checkRunEnd?: boolean;
  /** Sequence of the trigger: the run's end is judged by what stood then, or it would be missed by all. */
  readonly atLeast?: number;
}

/**
 * What follows a terminal message: its fan-out, and the run's end if the node is a sink or was cancelled.
 * Only what is missing is written, so whoever sees an unfinished end may finish it.
 */
export async function endNode(
  { log, subjects }: AgentContext,
  placed: PlacedNode,
  snapshot: Snapshot,
  journal: Journal,
  options: EndNodeOptions = {},
): Promise<void> {
  const { pipeline, run } = snapshot;
  const { node, plan, planDigest } = placed;
  const { epoch } = snapshot.control.state;
  const items = options.items ?? fanOutOf(node, journal);
  const endsRun = options.checkRunEnd ?? (isSink(plan, node.name) || journal.phase === "cancelled");
  await Promise.all([
    writeFanOut(log, subjects, { pipeline, run, node }, journal, items, {
      epoch,
      planDigest,
      runKind: snapshot.started.options?.kind ?? RunKind.RUN_KIND_UNSPECIFIED,
      standing: snapshot.fanOut,
    }),
    endsRun
      ? endRun(log, subjects, { pipeline, run, plan }, Math.max(journal.head?.sequence ?? 0, options.atLeast ?? 0))
      : undefined,
  ]);
}
