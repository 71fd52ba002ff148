import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { attemptsIn, isTerminal } from "../journal/mod.ts";
import type { Journal } from "../journal/mod.ts";
import { sourceComponent } from "../model/mod.ts";

/** What of a run has not ended, for people: each node with what it does, those at work first. */
export function openNodes(plan: Plan, journals: ReadonlyMap<string, Journal>, epoch: number): readonly string[] {
  const open = plan.nodes.flatMap(({ name, component }) => {
    const journal = journals.get(name);
    const ended = component === sourceComponent || (journal !== undefined && isTerminal(journal, epoch));
    return ended ? [] : [{ name, journal }];
  });
  const atWork = open.flatMap(({ name, journal }) => sentencesOf(name, journal, epoch));
  const waiting = open.filter(({ name, journal }) => sentencesOf(name, journal, epoch).length === 0);
  return [...atWork, ...waiting.map(({ name }) => `${name} waits`)];
}

function sentencesOf(name: string, journal: Journal | undefined, epoch: number): readonly string[] {
  if (journal === undefined || journal.epoch < epoch) return [];
  const attempts = attemptsIn(journal, epoch);
  if (journal.phase === "claimed") return [`${name} runs (attempt ${attempts})`];
  if (journal.phase !== "retrying" || journal.dueMs === undefined) return [];
  return [`${name} is tried again at ${new Date(journal.dueMs).toISOString()} (attempt ${attempts + 1})`];
}
