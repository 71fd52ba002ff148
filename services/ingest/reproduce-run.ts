import type { ReproduceRunRequest, ReproduceRunResponse } from "millrace/contracts/millrace/control/v1/control.ts";
import { reproduceRun } from "millrace/control";
import type { ControlContext } from "./control-server.ts";

/** RPC ReproduceRun. */
export async function handleReproduceRun(
  { log, plans, store }: ControlContext,
  { pipeline, run }: ReproduceRunRequest,
): Promise<ReproduceRunResponse> {
  const has = (digest: string): Promise<boolean> => store.has(digest);
  const derived = await reproduceRun({ log, plans, has }, { pipeline, run });
  return { run: derived.run, of: derived.of, sequence: BigInt(derived.sequence) };
}
