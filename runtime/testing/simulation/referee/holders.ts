import { attemptTimeoutMs } from "../../../driver/mod.ts";
import { parseSubject } from "../../../log/mod.ts";
import type { SimulatedProcess } from "../process.ts";
import type { World } from "../world.ts";
import { planOf } from "./history.ts";
import type { History } from "./history.ts";

/** A holder re-reads its journal with each renewal; within this long, in milliseconds, it must know that it lost. */
const knowsAfterMs = 35_000;

/**
 * Called at each sign of life for a delivery that came at a server time: whoever lost its claim a while ago, and was awake since, sends none for
 * what it claimed by.
 */
export function checkWorking(world: World, process: SimulatedProcess, trigger: number, receivedMs: number): void {
  const { nowMs } = world.scheduler;
  if (process.lastPausedMs + knowsAfterMs > nowMs) return;
  for (const subject of world.server.journals) {
    const history = world.server.writtenOn(subject);
    const own = history.findLastIndex(({ by, event }) => by === process.name && event?.body?.$case === "claimed");
    const claim = history[own]?.event?.body;
    const next = history[own + 1];
    if (claim?.$case !== "claimed" || Number(claim.value.triggerSequence) !== trigger || next === undefined) continue;
    const taken = next.by !== process.name && next.event?.body?.$case === "claimed";
    if (taken && receivedMs < next.entry.timeMs && world.server.ageMs(next.entry) > knowsAfterMs)
      world.violate(
        "zombie-working",
        `${process.name} holds back ${trigger}, its claim of ${nodeOf(subject)} was lost at ${next.entry.sequence}`,
      );
  }
}

/** A claim is taken over by the very delivery that led to it, or when it is older than an attempt may get. */
export function checkTakeovers(world: World, history: History): void {
  for (const run of history.runs.values())
    for (const [node, { steps }] of run.nodes) {
      const planned = planOf(history, run)?.nodes.find(({ name }) => name === node);
      const boundMs = planned ? attemptTimeoutMs(planned) : 0;
      for (const [index, { journal, written }] of steps.entries()) {
        const taken = steps[index - 1]?.journal.claim;
        const claim = journal.claim;
        if (taken === undefined || claim === undefined) continue;
        const same =
          taken.body.durable === claim.body.durable && taken.body.triggerSequence === claim.body.triggerSequence;
        if (!same && claim.timeMs - taken.timeMs <= boundMs)
          world.violate(
            "live-claim-taken",
            `${run.run} ${node}: ${written.by} took a live claim at ${written.entry.sequence}`,
          );
      }
    }
}

function nodeOf(subject: string): string {
  const place = parseSubject(subject);
  return place.kind === "journal" ? place.node : subject;
}
