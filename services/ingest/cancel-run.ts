import type { CancelRunRequest, CancelRunResponse } from "millrace/contracts/millrace/control/v1/control.ts";
import { cancelRun } from "millrace/control";
import type { ControlContext } from "./control-server.ts";

/** Longest that an answer waits for a run's end, in milliseconds. */
const waitMsMax = 60_000;

/** RPC CancelRun. */
export async function handleCancelRun(
  { log, plans }: ControlContext,
  { pipeline, run, reason, waitMs }: CancelRunRequest,
): Promise<CancelRunResponse> {
  const patience = AbortSignal.timeout(Math.min(waitMs, waitMsMax));
  const cancelled = await cancelRun(log, plans, { pipeline, run, reason }, patience);
  return {
    sequence: BigInt(cancelled.sequence),
    state: cancelled.state,
    nodes: cancelled.nodes.map(({ node, verdict, sequence }) => ({ node, verdict, sequence: BigInt(sequence) })),
    reason: cancelled.reason ?? "",
  };
}
