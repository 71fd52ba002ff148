import { createLogUpdate } from "log-update";
import type { NodeView, RunView } from "millrace/projections";
import { printNodes } from "../print/run.ts";
import { duration } from "../print/values.ts";

/** How often a table shows how long things take, in milliseconds. */
const refreshMs = 250;

/**
 * Shows a run while it goes: a table that is redrawn on a terminal, else a line for each change of a node.
 * @returns The last view.
 */
export async function showProgress(
  views: AsyncIterable<RunView>,
  stream: NodeJS.WriteStream,
): Promise<RunView | undefined> {
  return stream.isTTY ? showTable(views, stream) : showLines(views, stream);
}

async function showTable(views: AsyncIterable<RunView>, stream: NodeJS.WriteStream): Promise<RunView | undefined> {
  const update = createLogUpdate(stream);
  let last: RunView | undefined;
  let seenAt = 0;
  const draw = (): void => {
    if (last !== undefined) update(printNodes(last.nodes.map((node) => aged(node, Date.now() - seenAt))));
  };
  const timer = setInterval(draw, refreshMs);
  try {
    for await (const view of views) {
      last = view;
      seenAt = Date.now();
      draw();
    }
  } finally {
    clearInterval(timer);
    update.clear();
    update.done();
  }
  return last;
}

/** A node as it is a while after it was viewed: what runs has run for longer. */
function aged(node: NodeView, ms: number): NodeView {
  if (node.state !== "running" || node.durationMs === null) return node;
  return { ...node, durationMs: node.durationMs + ms };
}

async function showLines(views: AsyncIterable<RunView>, stream: NodeJS.WriteStream): Promise<RunView | undefined> {
  const shown = new Map<string, string>();
  let last: RunView | undefined;
  for await (const view of views) {
    last = view;
    for (const node of view.nodes) {
      const line = lineOf(node);
      if (line === undefined || shown.get(node.node) === line) continue;
      shown.set(node.node, line);
      stream.write(`${line}\n`);
    }
  }
  return last;
}

function lineOf({ node, state, cached, durationMs, attempts, failure }: NodeView): string | undefined {
  if (state === "waiting" || state === "ready") return undefined;
  if (state === "running") return `${node}: running${attempts > 1 ? ` (attempt ${attempts})` : ""}`;
  if (state === "succeeded")
    return `${node}: ${cached ? "reused from the cache" : `succeeded in ${duration(durationMs)}`}`;
  return `${node}: ${state}${failure === null ? "" : `: ${failure.message}`}`;
}
