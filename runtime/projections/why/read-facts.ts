import type { PlanReference } from "../../contracts/millrace/event/v1/event.ts";
import type { Plan } from "../../contracts/millrace/metadata/v1/plan.ts";
import { subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { readLastFresh } from "../read-chain.ts";
import { readChainHistory } from "./chain-history.ts";
import { foldFacts } from "./run-facts.ts";
import type { RunFacts } from "./run-facts.ts";

/** Finds the plan that a reference names. @throws {Terminal} `plan-missing`. */
export type LoadPlan = (reference: PlanReference) => Promise<Plan>;

/**
 * Reads a run's start, control, outcomes and verdict, and whole journals: exact subjects only, so that it costs the same
 * in a log of any size.
 * @param journals Subjects of the journals wanted.
 */
export async function readFactsOf(
  log: Log,
  pipeline: string,
  run: string,
  journals: readonly string[],
  to: number,
): Promise<RunFacts> {
  const subjects = subjectsOf(log.namespace);
  const own = [subjects.started, subjects.control, subjects.outcome, subjects.verdict].map((of) => of(pipeline, run));
  const wanted = [...own, ...journals];
  const last = await readLastFresh(log, wanted, to);
  const chains = await Promise.all(wanted.map((subject) => readChainHistory(log, subject, last.get(subject), to)));
  return foldFacts(
    pipeline,
    run,
    chains.flat().sort((a, b) => a.sequence - b.sequence),
  );
}
