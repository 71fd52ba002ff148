import { emptyChain, stepChain, verdictChain } from "millrace/journal";
import { type Log, subjectsOf } from "millrace/log";
import { type VerdictView, viewVerdict } from "millrace/projections";
import type { StartedRun } from "../publishing/await-starts.ts";

/** Waits until ingest has compared a reproduction that ended with its original. */
export async function awaitVerdict(log: Log, { pipeline, run }: StartedRun): Promise<VerdictView> {
  const stop = new AbortController();
  const subject = subjectsOf(log.namespace).verdict(pipeline, run);
  let chain = emptyChain(verdictChain);
  try {
    for await (const entry of log.follow([subject], { signal: stop.signal })) {
      chain = stepChain(verdictChain, chain, entry);
      if (chain.state) return viewVerdict(chain.state, entry.sequence);
    }
    throw new Error(`Cannot wait for the verdict on run ${run}: the log ended`);
  } finally {
    stop.abort();
  }
}
