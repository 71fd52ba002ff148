import { registerPipeline, requestCancel, resumeRun } from "../../control/mod.ts";
import type { DatasetPublished } from "../../contracts/millrace/event/v1/event.ts";
import { createPlans } from "../../driver/mod.ts";
import { encodeEvent, newEventId, subjectsOf } from "../../log/mod.ts";
import { MillraceError, runIdOf } from "../../model/mod.ts";
import type { Act } from "./scenario.ts";
import type { RunPlace, World } from "./world.ts";

const source = "simulation";

/** A run that is not there yet is cancelled this much later. */
const cancelAgainMs = 700;
const cancelsMax = 20;

/** Runs that an event id starts: one of each pipeline. */
export function runsOf({ scenario }: World, id: string): readonly RunPlace[] {
  return scenario.shape.plans.map(({ pipeline }) => ({
    pipeline,
    run: runIdOf(pipeline, { source, sourceEventId: id }),
  }));
}

const at = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`;

/** An act as a line for people. */
export function actLine(act: Act): string {
  switch (act.kind) {
    case "publish":
      return `${at(act.atMs)}: publish dataset event ${act.id}, quality ${act.quality}`;
    case "cancel":
      return `${act.onto === "" ? at(act.atMs) : `at ${act.onto}`}: cancel the runs of ${act.id}`;
    case "resume":
      return `${at(act.afterMs)} after an outcome: resume the runs of ${act.id}, at most ${act.times} times`;
    case "lose":
      return `${at(act.atMs)}: the store loses an artifact's bytes`;
  }
}

/** Registers the pipelines, and from then on does what is done from outside. */
export async function startActs(world: World): Promise<void> {
  const log = world.clientLog();
  for (const plan of world.scenario.shape.plans)
    await registerPipeline(log, plan, () => Promise.reject(new Error("no plan is that large here")));
  for (const act of world.scenario.acts) startAct(world, act);
}

function startAct(world: World, act: Act): void {
  switch (act.kind) {
    case "publish":
      return world.scheduler.after(act.atMs, () => publish(world, act));
    case "cancel": {
      const cancelAll = () => {
        for (const place of runsOf(world, act.id)) cancel(world, place);
      };
      return act.onto === "" ? world.scheduler.after(act.atMs, cancelAll) : world.onOperation(act.onto, cancelAll);
    }
    case "resume":
      return world.onOutcome(runsOf(world, act.id), act.times, (place) =>
        world.scheduler.after(act.afterMs, () => void resume(world, place)),
      );
    case "lose":
      return world.scheduler.after(act.atMs, () => world.bytes.loseOne(act.drawn, world.scheduler.nowMs));
  }
}

function publish(world: World, { id, quality }: Act & { kind: "publish" }): void {
  const value: DatasetPublished = {
    dataset: "data",
    source,
    sourceEventId: id,
    uri: `quality=${quality}`,
    format: "csv",
    digest: "",
    time: "",
    noCache: false,
  };
  const data = encodeEvent({ id: newEventId(), body: { $case: "datasetPublished", value } });
  world.server.append("client", subjectsOf(world.server.stream.namespace).dataset("data"), data, undefined);
}

function cancel(world: World, place: RunPlace, tries = 1): void {
  const log = world.clientLog();
  const { pipeline, run } = place;
  if (world.server.stream.lastOf(subjectsOf(log.namespace).started(pipeline, run)) !== undefined)
    requestCancel(log, pipeline, run, "enough").catch((thrown: unknown) => world.fault(thrown));
  else if (tries < cancelsMax) world.scheduler.after(cancelAgainMs, () => cancel(world, place, tries + 1));
}

async function resume(world: World, place: RunPlace): Promise<void> {
  const log = world.clientLog();
  const plans = createPlans(log, () => Promise.reject(new Error("no plan is that large here")));
  try {
    await resumeRun(log, plans, { ...place, reason: "again", plan: "same" });
  } catch (thrown) {
    const expected = ["nothing-to-resume", "not-ended", "control-busy"];
    if (!(thrown instanceof MillraceError) || !expected.includes(thrown.code))
      world.violate("unexpected-error", `resume: ${String(thrown)}`);
  }
}
