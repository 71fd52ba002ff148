import type { ResumeRunRequest, ResumeRunResponse } from "millrace/contracts/millrace/control/v1/control.ts";
import { resumeRun } from "millrace/control";
import type { ControlContext } from "./control-server.ts";

/** RPC ResumeRun. */
export async function handleResumeRun(
  { log, plans }: ControlContext,
  { pipeline, run, reason, currentPlan }: ResumeRunRequest,
): Promise<ResumeRunResponse> {
  const plan = currentPlan ? "current" : "same";
  const { sequence, epoch, planDigest, planChanged, nodes } = await resumeRun(log, plans, {
    pipeline,
    run,
    reason,
    plan,
  });
  return { sequence: BigInt(sequence), epoch, planDigest, planChanged, nodes: [...nodes] };
}
