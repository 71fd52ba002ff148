import { ReproductionVerdict } from "../contracts/millrace/event/v1/event.ts";
import type {
  EnvironmentDifference,
  ExecutionEnvironment,
  OutputComparison,
  Predecessor,
} from "../contracts/millrace/event/v1/event.ts";
import type { Artifact, OutputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { emptyJournal } from "../journal/mod.ts";
import type { Journal } from "../journal/mod.ts";
import { canonicalJson, sourceComponent } from "../model/mod.ts";
import type { RunFold } from "../projections/mod.ts";

/** Largest verdict, in bytes: an event is at most 64 KiB. */
const verdictBytesMax = 48 * 1024;
/** Characters of a first difference that a verdict has room for. */
const differenceCharactersMax = 200;

export interface ComparingContext {
  /** For people: where two artifacts of different digests differ first. */
  readonly firstDifference: (was: Artifact, is: Artifact) => Promise<string>;
}

interface Original {
  readonly fold: RunFold;
  readonly plan: Plan;
}

/**
 * Compares what two runs of one plan made, output by output: digests decide, and words explain.
 * @param outcome The outcome of the second that is judged.
 */
export async function compareRuns(
  context: ComparingContext,
  { fold: original, plan }: Original,
  repeated: RunFold,
  outcome: Predecessor,
): Promise<ReproductionVerdict> {
  const nodes = plan.nodes.filter(({ component }) => component !== sourceComponent);
  const outputs: OutputComparison[] = [];
  const environments: EnvironmentDifference[] = [];
  for (const { name: node, outputs: ports } of nodes) {
    const was = original.nodes.get(node)?.journal ?? emptyJournal;
    const is = repeated.nodes.get(node)?.journal ?? emptyJournal;
    environments.push(...environmentDifference(node, was, is));
    // What the original was kept from doing says nothing about whether it can be done again.
    if (was.phase === "cancelled") continue;
    for (const { name: output } of ports) outputs.push(await compareOutput(context, { node, output }, was, is));
  }
  return fitted({
    originalRun: original.run,
    reproduced: outputs.every(({ firstDifference }) => firstDifference === ""),
    outputs,
    outcome,
    environments,
    outputsOmitted: 0,
  });
}

/** The verdict as it fits an event: of a large plan's, outputs are left out, equal ones first, and then environments. */
function fitted(verdict: ReproductionVerdict): ReproductionVerdict {
  if (ReproductionVerdict.encode(verdict).finish().length <= verdictBytesMax) return verdict;
  const { outputs, environments } = verdict;
  if (outputs.length <= 1) return fitted({ ...verdict, environments: environments.slice(0, environments.length >> 1) });
  const worst = outputs.toSorted((a, b) => Number(a.firstDifference === "") - Number(b.firstDifference === ""));
  const kept = worst.slice(0, worst.length >> 1);
  return fitted({ ...verdict, outputs: kept, outputsOmitted: verdict.outputsOmitted + outputs.length - kept.length });
}

async function compareOutput(
  { firstDifference }: ComparingContext,
  place: { readonly node: string; readonly output: string },
  wasIn: Journal,
  isIn: Journal,
): Promise<OutputComparison> {
  const was = artifactOf(wasIn, place.output);
  const is = artifactOf(isIn, place.output);
  const compared = { ...place, was: was?.digest ?? "", is: is?.digest ?? "" };
  if (was && is && was.digest === is.digest) return { ...compared, firstDifference: "" };
  const difference = was && is ? await firstDifference(was, is) : differenceOfEnds(place, wasIn, isIn, was === is);
  return { ...compared, firstDifference: difference.slice(0, differenceCharactersMax) };
}

/**
 * How a node's ends differ, of which at least one did not make the output; empty if they do not.
 * @param neither Whether neither made it.
 */
function differenceOfEnds(
  { node, output }: { readonly node: string; readonly output: string },
  was: Journal,
  is: Journal,
  neither: boolean,
): string {
  const [before, now] = [endOf(was), endOf(is)];
  if (before !== now) return `${node} ${before} in the original and ${now} in the reproduction`;
  return neither ? "" : `${node} left out ${output} in one of the runs only`;
}

function endOf({ phase, failed }: Journal): string {
  if (phase === "completed") return "completed";
  return phase === "failed" ? `failed (${failed?.failure?.code ?? ""})` : `was ${phase}`;
}

function artifactOf({ completed }: Journal, name: string): Artifact | undefined {
  return completed?.outputs.find((output: OutputArtifact) => output.name === name)?.artifact;
}

function environmentDifference(node: string, was: Journal, is: Journal): readonly EnvironmentDifference[] {
  const [before, now] = [was.completed?.environment, is.completed?.environment];
  if (before === undefined || now === undefined || textOf(before) === textOf(now)) return [];
  return [{ node, was: before, is: now }];
}

function textOf({ componentVersion, backend, versions }: ExecutionEnvironment): string {
  return canonicalJson({ componentVersion, backend, versions });
}
