import { parseSubject, subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { executionOf } from "./execution.ts";
import type { Execution } from "./execution.ts";
import { readFactsOf } from "./read-facts.ts";
import type { LoadPlan } from "./read-facts.ts";
import { factOf, planOfEpoch } from "./run-facts.ts";
import type { Fact } from "./run-facts.ts";

/** The part of the log behind an execution that is looked through first, and by how much each next part is larger. */
const firstWindow = 512;
const windowGrowth = 4;

/** The node that is about to be executed. */
export interface ExecutionPlace {
  readonly pipeline: string;
  readonly run: string;
  readonly component: string;
  readonly node: string;
}

/**
 * The nearest execution of a component before a message: the newest that had completed, or else only begun, of the same
 * node in other runs of the pipeline; where there is none, of any node of the component. Of an outcome that was reused,
 * the execution that did the work.
 */
export async function nearestExecution(
  log: Log,
  load: LoadPlan,
  place: ExecutionPlace,
  before: number,
): Promise<Execution | undefined> {
  const { filters } = subjectsOf(log.namespace);
  const found =
    (await newestBefore(log, filters.journalsOfNode(place.pipeline, place.component, place.node), place.run, before)) ??
    (await newestBefore(log, filters.journalsOfComponent(place.component), place.run, before));
  const nearest = found && (await readExecution(log, load, found, before - 1));
  const worker = nearest && reusedFrom(nearest.last);
  // Who reuses says where the work was done, but the key that it found was made of the worker's claim.
  return (worker && (await readExecution(log, load, worker, before - 1))) ?? nearest;
}

type Found = ExecutionPlace;

function reusedFrom({ body }: Fact): Found | undefined {
  return body.$case === "completed" ? body.value.reused : undefined;
}

/** Goes back through ever larger parts of the log, each read once, until one holds a completed execution. */
async function newestBefore(log: Log, filter: string, exceptRun: string, before: number): Promise<Found | undefined> {
  let begun: Found | undefined;
  let size = firstWindow;
  for (let to = before - 1; to > 0; to -= size, size *= windowGrowth) {
    const from = Math.max(1, to - size + 1);
    let completed: Found | undefined;
    let claimed: Found | undefined;
    for await (const entry of log.read([filter], { from, to })) {
      const subject = parseSubject(entry.subject);
      if (subject.kind !== "journal" || subject.run === exceptRun) continue;
      const kind = factOf(entry)?.body.$case;
      if (kind === "completed") completed = subject;
      if (kind === "claimed") claimed = subject;
    }
    if (completed) return completed;
    begun ??= claimed;
  }
  return begun;
}

async function readExecution(log: Log, load: LoadPlan, place: Found, to: number): Promise<Execution | undefined> {
  const { journal } = subjectsOf(log.namespace);
  const { pipeline, run, component, node: name } = place;
  const facts = await readFactsOf(log, pipeline, run, [journal(pipeline, run, component, name)], to);
  const node = facts.nodes.get(name);
  const reference = planOfEpoch(facts, node?.journal.epoch ?? 0);
  if (node === undefined || reference === undefined) return undefined;
  const planNode = (await load(reference)).nodes.find((other) => other.name === name);
  return planNode && executionOf(facts, node, planNode);
}
