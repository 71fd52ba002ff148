import { storePlan } from "millrace/artifacts";
import type { ForkRunRequest, ForkRunResponse } from "millrace/contracts/millrace/control/v1/control.ts";
import { forkRun } from "millrace/control";
import { canonicalJson } from "millrace/model";
import { standardDeclarations } from "millrace/pipeline";
import type { ControlContext } from "./control-server.ts";

/** RPC ForkRun. Parameters of components that are not the standard ones can be set to values of the kind they have. */
export async function handleForkRun(
  { log, plans, store }: ControlContext,
  { pipeline, run, from, set, plan, push }: ForkRunRequest,
): Promise<ForkRunResponse> {
  const context = {
    log,
    plans,
    has: (digest: string) => store.has(digest),
    commitPlan: (bytes: Uint8Array) => storePlan(store, bytes),
    declarationOf: (component: string) => standardDeclarations.get(component),
  };
  const forked = await forkRun(context, { pipeline, run, from, set, push, ...(plan === undefined ? {} : { plan }) });
  return {
    run: forked.run,
    of: forked.of,
    sequence: BigInt(forked.sequence),
    taken: [...forked.taken],
    changed: forked.changed.map(({ node, what, name, was, is }) => ({
      node,
      what,
      name,
      was: canonicalJson(was),
      is: canonicalJson(is),
    })),
  };
}
