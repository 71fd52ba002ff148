import { decodeEvent } from "millrace/journal";
import { type Log, subjectsOf } from "millrace/log";
import { type VerdictView, viewVerdict } from "millrace/projections";
import type { StartedRun } from "../publishing/await-starts.ts";

/** Waits until ingest has compared a reproduction that ended with its original. */
export async function awaitVerdict(log: Log, { pipeline, run }: StartedRun): Promise<VerdictView> {
  const stop = new AbortController();
  try {
    for await (const { data, sequence } of log.follow([subjectsOf(log.namespace).verdict(pipeline, run)], {
      signal: stop.signal,
    })) {
      const body = decodeEvent(data)?.body;
      if (body?.$case === "reproductionVerdict") return viewVerdict(body.value, sequence);
    }
    throw new Error(`Cannot wait for the verdict on run ${run}: the log ended`);
  } finally {
    stop.abort();
  }
}
