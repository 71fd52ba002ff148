import type { ExecutionSucceeded } from "../../contracts/millrace/component/v1/executor.ts";
import { Cancelled } from "../../model/mod.ts";
import type { AgentContext } from "./context.ts";
import type { Running } from "./running.ts";

/** How long stopped work may take to say that it ended, in milliseconds; a cancel has two seconds in all. */
const stopGraceMs = 1_000;

/**
 * The end of work that has begun. Stopped, it has a moment to end by itself; then its claim ends without it: what it
 * staged nobody sees, and its executor stops it or ends its process meanwhile. Work that may act outside of the store
 * is waited for, however long it takes.
 */
export async function endOfWork(
  { declaration, log }: AgentContext,
  { stop: { signal }, node }: Running,
  work: Promise<ExecutionSucceeded>,
): Promise<ExecutionSucceeded> {
  if (declaration.effect !== "none" && declaration.effect !== "bless") return await work;
  const overdue = Promise.withResolvers<never>();
  let endGrace: (() => void) | undefined;
  const onStop = (): void => {
    endGrace = log.clock.after(stopGraceMs, () =>
      overdue.reject(new Cancelled(`${node} did not stop within ${stopGraceMs} ms; its executor ends it`)),
    );
  };
  if (signal.aborted) onStop();
  else signal.addEventListener("abort", onStop, { once: true });
  try {
    return await Promise.race([work, overdue.promise]);
  } finally {
    endGrace?.();
    signal.removeEventListener("abort", onStop);
  }
}
