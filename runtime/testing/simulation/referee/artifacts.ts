import type { InputArtifact, OutputArtifact } from "../../../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../../../contracts/millrace/metadata/v1/plan.ts";
import { parseSubject, subjectsOf } from "../../../log/mod.ts";
import { originMs } from "../process.ts";
import { digestOf, sourceComponent } from "../../../model/mod.ts";
import { behaviourOf, makeOutputs, workOfNode } from "../work.ts";
import type { Written } from "../server.ts";
import type { World } from "../world.ts";
import { journalOf, planOf, startOf } from "./history.ts";
import type { History, RunHistory } from "./history.ts";

/** Called at each message: no output is visible without its bytes. */
export function checkBytes(world: World, { entry, event }: Written): void {
  const body = event?.body;
  const visible =
    body?.$case === "completed"
      ? body.value.outputs.map(({ artifact }) => artifact)
      : body?.$case === "artifactProduced"
        ? [body.value.artifact]
        : [];
  for (const artifact of visible) {
    if (artifact === undefined || world.bytes.has(artifact.digest)) continue;
    const lostAtMs = world.bytes.lostAtMs(artifact.digest);
    if (lostAtMs === undefined)
      world.violate("output-without-bytes", `message ${entry.sequence} of ${entry.subject} names ${artifact.digest}`);
    else if (body?.$case === "completed" && body.value.reused && lostAtMs < startedAtMs(world, entry.subject))
      world.violate("reuse-without-bytes", `message ${entry.sequence} of ${entry.subject} names ${artifact.digest}`);
  }
}

/** When the run of a journal began, in virtual milliseconds: whatever was lost before is known to be gone. */
function startedAtMs({ server }: World, subject: string): number {
  const place = parseSubject(subject);
  if (place.kind !== "journal") return 0;
  const started = server.stream.lastOf(subjectsOf(server.stream.namespace).started(place.pipeline, place.run));
  return (started?.timeMs ?? originMs) - originMs;
}

/** What fans out follows from an outcome, every outcome has fanned out, and every outcome is what its inputs give. */
export function checkArtifacts(world: World, history: History): void {
  for (const run of history.runs.values()) {
    const plan = planOf(history, run);
    for (const node of plan?.nodes ?? []) {
      if (node.component !== sourceComponent) checkOutcome(world, history, run, node);
      for (const { name } of node.outputs) checkOutput(world, run, node, name);
    }
  }
}

function checkOutput(world: World, run: RunHistory, node: PlanNode, output: string): void {
  const written = run.artifacts.get(`${node.name}.${output}`) ?? [];
  const source = node.component === sourceComponent;
  const steps = run.nodes.get(node.name)?.steps ?? [];
  for (const { entry, event } of written) {
    const body = event?.body;
    if (body?.$case !== "artifactProduced" && body?.$case !== "artifactVoided") continue;
    const cause = source
      ? run.started.find((started) => started.event?.id === body.value.cause?.eventId)
      : steps.find((step) => step.written.event?.id === body.value.cause?.eventId)?.written;
    if (cause === undefined || cause.entry.sequence > entry.sequence)
      world.violate("orphan-artifact", `message ${entry.sequence} of ${entry.subject} has no outcome behind it`);
    const caused = cause?.event?.body;
    if (body.$case !== "artifactProduced" || caused?.$case !== "completed") continue;
    const made = caused.value.outputs.find(({ name }) => name === output)?.artifact;
    if (made?.digest !== body.value.artifact?.digest)
      world.violate("wrong-artifact", `message ${entry.sequence} of ${entry.subject} is not what its outcome holds`);
  }
  const last = written.at(-1)?.event?.body;
  const lastCause = last && "cause" in last.value ? last.value.cause?.eventId : undefined;
  const head = source ? run.started[0]?.event?.id : journalOf(run, node.name).head?.eventId;
  const ended = source || ["completed", "failed", "skipped", "cancelled"].includes(journalOf(run, node.name).phase);
  if (ended && head !== undefined && lastCause !== head)
    world.violate("fan-out-missing", `${run.run} ${node.name}.${output} does not stand behind its outcome`);
}

/** Fresh or reused, an outcome holds what the node makes of its inputs, and its inputs are what their nodes made. */
function checkOutcome(world: World, history: History, run: RunHistory, node: PlanNode): void {
  const { completed } = journalOf(run, node.name);
  if (completed === undefined) return;
  const steps = run.nodes.get(node.name)?.steps ?? [];
  const claim = steps.findLast((step) => step.written.event?.id === completed.claimEventId)?.written.event?.body;
  const inputs = claim?.$case === "claimed" ? claim.value.inputs : completed.inputs;
  for (const input of inputs) checkInput(world, history, run, node, input);
  const { role } = behaviourOf(node.parametersJson);
  if (role === "push") return;
  const seed = startOf(run)?.seed ?? 0n;
  const made = makeOutputs(world.bytes, workOfNode(node, inputs, seed)).map(
    ({ name, text }) => `${name} ${digestOf(text)}`,
  );
  const recorded = completed.outputs.flatMap(({ name, artifact }) => (artifact ? [`${name} ${artifact.digest}`] : []));
  const expected = role === "validate" && completed.reused ? recorded : made;
  if (recorded.sort().join() !== [...expected].sort().join())
    world.violate(
      completed.reused ? "wrong-reuse" : "wrong-outcome-bytes",
      `${run.run} ${node.name} holds ${recorded.join()}, its inputs give ${made.join()}`,
    );
}

function checkInput(world: World, history: History, run: RunHistory, node: PlanNode, input: InputArtifact): void {
  const { fromNode, fromOutput, artifact, name } = input;
  if (fromNode === "") return;
  const producer = planOf(history, run)?.nodes.find((other) => other.name === fromNode);
  const outputs: readonly OutputArtifact[] =
    producer?.component === sourceComponent
      ? [{ name: fromOutput, artifact: startOf(run)?.dataset }]
      : (journalOf(run, fromNode).completed?.outputs ?? []);
  const made = outputs.find((output) => output.name === fromOutput)?.artifact;
  if (made?.digest !== artifact?.digest)
    world.violate(
      "wrong-input",
      `${run.run} ${node.name}.${name} was ${artifact?.digest}, ${fromNode} made ${made?.digest}`,
    );
}
