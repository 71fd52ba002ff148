import type { Push } from "../../../contracts/millrace/event/v1/event.ts";
import { emptyChain, stepChain, targetChain } from "../../../journal/mod.ts";
import type { Chain, Target } from "../../../journal/mod.ts";
import type { Effect } from "../executor.ts";
import type { Written } from "../server.ts";
import { qualityOf } from "../work.ts";
import type { World } from "../world.ts";
import { epochOf, journalOf } from "./history.ts";
import type { History } from "./history.ts";

/** At most one push a blessed model, in the order of blessings, each intended before, none by a claim that was lost. */
export function checkEffects(world: World, history: History): void {
  const targets = [...history.others].filter(([subject]) => subject.split(".")[1] === "target");
  for (const [, written] of targets) checkTarget(world, history, written);
  for (const effect of world.effects) checkIntent(world, history, effect);
  for (const [subject, written] of history.others)
    if (subject.split(".")[1] === "blessed") checkBlessings(world, written);
}

function checkTarget(world: World, history: History, written: readonly Written[]): void {
  let chain: Chain<Target> = emptyChain(targetChain);
  for (const { entry } of written) chain = stepChain(targetChain, chain, entry);
  const { served, open, history: pushed } = chain.state;
  for (const push of open.filter((other) => !mayHaveActed(history, other)))
    world.violate(
      "push-left-open",
      `version ${push.version} was intended by ${push.run} and neither pushed nor taken back`,
    );
  const byBlessing = new Map<string, bigint>();
  for (const { pipeline, blessedSequence, version } of pushed) {
    const blessing = `${pipeline} ${blessedSequence}`;
    const other = byBlessing.get(blessing);
    if (other !== undefined)
      world.violate("pushed-twice", `the model blessed at ${blessedSequence} has versions ${other} and ${version}`);
    byBlessing.set(blessing, version);
  }
  const blessed = history.others.get("mr.blessed.p")?.at(-1);
  const newer = pushed.find(({ blessedSequence }) => served !== undefined && blessedSequence > served.blessedSequence);
  if (newer) world.violate("worse-served", `version ${served?.version} is served, ${newer.version} was blessed later`);
  const undisturbed = [...history.runs.values()].every(
    (run) =>
      run.control.every(({ written: { event } }) => event?.body?.$case === "nudged") &&
      run.outcomes.at(-1)?.event?.body?.$case === "runSucceeded" &&
      epochOf(run).epoch === 0,
  );
  if (undisturbed && blessed && Number(served?.blessedSequence ?? 0n) !== blessed.entry.sequence)
    world.violate(
      "best-not-served",
      `the model blessed at ${blessed.entry.sequence} is not served, version ${served?.version} is`,
    );
}

/** Whether a push failed in the middle: nobody can know whether it acted, and a resume finishes it. */
function mayHaveActed(history: History, { pipeline, run, node }: Push): boolean {
  const owner = history.runs.get(`${pipeline}.${run}`);
  return owner !== undefined && journalOf(owner, node).phase === "failed";
}

/** An effect has its intent, and its claim stood when the intent did. */
function checkIntent(world: World, history: History, effect: Effect): void {
  const intents = (history.others.get("mr.target.target") ?? []).filter(
    ({ event }) => event?.body?.$case === "pushIntended",
  );
  const intent = intents.find(({ entry }) => entry.sequence === effect.version);
  if (intent === undefined || intent.entry.sequence > effect.after)
    return world.violate(
      "effect-without-intent",
      `${effect.run} acted as version ${effect.version}, which nobody intended`,
    );
  const body = intent.event?.body;
  if (body?.$case !== "pushIntended" || body.value.claimEventId !== effect.claimEventId) return;
  const run = [...history.runs.values()].find((other) => other.run === effect.run);
  const steps = run?.nodes.get(effect.node)?.steps ?? [];
  const claimed = steps.findIndex(({ written }) => written.event?.id === effect.claimEventId);
  const next = steps[claimed + 1]?.written.entry.sequence ?? Number.POSITIVE_INFINITY;
  if (next < intent.entry.sequence)
    world.violate(
      "effect-of-a-lost-claim",
      `${effect.by} acted as version ${effect.version}; its claim had ended at ${next}`,
    );
}

/** Each blessed model beats the one blessed before. */
function checkBlessings(world: World, written: readonly Written[]): void {
  let best: { readonly quality: number; readonly digest: string } | undefined;
  for (const { entry, event } of written) {
    const body = event?.body;
    const digest = body?.$case === "modelBlessed" ? (body.value.model?.digest ?? "") : "";
    const quality = qualityOf(world.bytes, digest);
    if (best !== undefined && digest !== best.digest && quality <= best.quality)
      world.violate(
        "worse-blessed",
        `message ${entry.sequence} blesses a model of ${quality} after one of ${best.quality}`,
      );
    best = { quality, digest };
  }
}
