import { CacheMiss, RunKind } from "millrace/contracts/millrace/event/v1/event.ts";
import type { Artifact } from "millrace/contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { emptyJournal, type Journal, type JournalCommand } from "millrace/journal";
import { type Log, newEventId, subjectsOf } from "millrace/log";
import { digestOf } from "millrace/model";
import { planDigest } from "millrace/pipeline";
import { endRun, type JournalWrite, writeFanOut, writeJournal } from "millrace/publisher";
import { chainName, chainPlan, type ChainStarter } from "./chain.ts";

const digest = planDigest(chainPlan);

/** Writes the whole history of a run of the chain as its agents would, without doing any of its work. */
export async function writeRunHistory(log: Log, starter: ChainStarter, run: string): Promise<void> {
  await starter.start(run, artifactOf(run, "source", "Dataset"));
  let last = 0;
  for (const node of chainPlan.nodes.slice(1)) last = await writeNodeHistory(log, run, node);
  await endRun(log, subjectsOf(log.namespace), { pipeline: chainName, run, plan: chainPlan }, last);
}

async function writeNodeHistory(log: Log, run: string, node: PlanNode): Promise<number> {
  const subjects = subjectsOf(log.namespace);
  const place = { pipeline: chainName, run, node };
  const write = async (journal: Journal, command: JournalCommand) =>
    written(await writeJournal(log, subjects, place, journal, command, newEventId()));
  const outputs = node.outputs.map(({ name, type }) => ({ name, artifact: artifactOf(run, node.name, type) }));
  const environment = { componentVersion: "1", backend: "", versions: {} };
  const claim = {
    durable: node.component,
    triggerSequence: 1n,
    inputs: [],
    environment,
    cacheKey: "",
    blessedSequence: 0n,
    cacheMiss: CacheMiss.CACHE_MISS_UNSPECIFIED,
  };
  const claimed = await write(emptyJournal, { type: "claim", epoch: 0, claim });
  const completed = await write(claimed.journal, {
    type: "complete",
    epoch: 0,
    completed: {
      claimEventId: claimed.eventId,
      outputs,
      reused: undefined,
      metrics: {},
      environment,
      inputs: [],
      cacheKey: "",
      note: "",
    },
  });
  const items = outputs.map(({ name, artifact }) => ({
    output: name,
    type: artifact.type,
    produced: artifact,
    reason: "",
  }));
  await writeFanOut(log, subjects, place, completed.journal, items, {
    epoch: 0,
    planDigest: digest,
    runKind: RunKind.RUN_KIND_UNSPECIFIED,
    standing: new Map(),
  });
  return completed.sequence;
}

function artifactOf(run: string, name: string, type: string): Artifact {
  return { type, digest: digestOf(`${run}/${name}`), bytes: 1n, files: 1, properties: {} };
}

function written(write: JournalWrite) {
  if (write.kind === "written") return write;
  throw new Error("a bench must have the log to itself");
}
