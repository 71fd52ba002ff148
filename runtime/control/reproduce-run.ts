import { RunKind } from "../contracts/millrace/event/v1/event.ts";
import { emptyJournal, isTerminal } from "../journal/mod.ts";
import { sourceComponent, Terminal } from "../model/mod.ts";
import { assertThere, neededBy, startDerivedRun } from "./derived-run.ts";
import type { DerivedRun, DerivingContext } from "./derived-run.ts";
import { hasEnded, pinsOf, readOrigin } from "./origin.ts";
import type { Origin } from "./origin.ts";

/**
 * Starts a run that repeats an ended one: same plan, dataset, code and seed, resolved inputs as that run pinned them,
 * without cache and without effects. Of a reproduction its original is reproduced. What comes of it is compared by
 * ingest, which appends the verdict.
 * @throws {Terminal} `unknown-run`; `not-ended`; `artifact-missing`: the dataset, code or a pinned input is gone.
 * Source: docs/protocol.md, Runs from runs.
 */
export async function reproduceRun(
  context: DerivingContext,
  { pipeline, run }: { readonly pipeline: string; readonly run: string },
): Promise<DerivedRun> {
  const origin = await originalOf(context, await readOrigin(context, pipeline, run));
  const { reference, plan, fold } = origin;
  if (!hasEnded(origin)) throw notEnded(origin);
  const pins = pinsOf(origin);
  const pinned = pins.flatMap(({ node, input, artifact }) =>
    artifact ? [{ digest: artifact.digest, what: `input ${input} of node ${node}` }] : [],
  );
  const nodes = new Set(plan.nodes.map(({ name }) => name));
  await assertThere(context, `Cannot reproduce run ${fold.run}`, [...neededBy(origin, plan, nodes), ...pinned]);
  const place = {
    planDigest: reference.digest,
    planSequence: reference.sequence,
    planEventId: reference.eventId,
    planArtifactDigest: reference.artifactDigest,
  };
  const options = {
    noCache: true,
    noEffects: true,
    kind: RunKind.RUN_KIND_REPRODUCTION,
    originRun: fold.run,
    takenNodes: [],
    pinnedInputs: [...pins],
  };
  return startDerivedRun(context, origin, plan, place, { trigger: `reproduces ${fold.run}`, options });
}

async function originalOf(context: DerivingContext, asked: Origin): Promise<Origin> {
  const { options, pipeline } = asked.started;
  if (options?.kind !== RunKind.RUN_KIND_REPRODUCTION) return asked;
  return readOrigin(context, pipeline, options.originRun);
}

function notEnded({ fold, plan }: Origin): Terminal {
  const open = plan.nodes.filter(({ name, component }) => {
    const journal = fold.nodes.get(name)?.journal ?? emptyJournal;
    return component !== sourceComponent && !isTerminal(journal, fold.control.state.epoch);
  });
  const names = open.map(({ name }) => name).join(", ");
  return new Terminal(
    "not-ended",
    `Cannot reproduce run ${fold.run}: it must have ended, and ${names === "" ? "its outcome is not written yet" : `these nodes have not: ${names}`}. Wait for its end, or cancel it`,
  );
}
