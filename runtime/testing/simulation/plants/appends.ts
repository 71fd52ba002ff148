import { encodeEvent, parseSubject, subjectsOf } from "../../../log/mod.ts";
import type { Log } from "../../../log/mod.ts";
import { MillraceError } from "../../../model/mod.ts";
import { historyOf } from "../referee/mod.ts";
import type { World } from "../world.ts";
import { appendAnyhow, appendsOf, logWith, pretended, unchecked } from "./plant.ts";
import type { Plant } from "./plant.ts";

/** Sequences of what was written under an invented message id, by server: a deduplication that anyone can meet. */
const deduplicated = new WeakMap<World, Map<string, number>>();

/** Rules of how messages are written. */
export const appendPlants: readonly Plant[] = [
  {
    name: "no-fence",
    rule: "An outcome expects exactly its claim's sequence",
    seen: ["void-message"],
    defect: () => ({ log: (log, _process, world) => unchecked(log, world, ["completed", "failed", "cancelled"]) }),
  },
  {
    name: "expectation-refreshed",
    rule: "A lost race is decided anew; the expectation is never refreshed and tried again",
    seen: ["void-message"],
    defect: () => ({
      log: (log, _process, { server }) =>
        appendsOf(log, ["claimed", "completed"], async ({ subject, data, options }) => {
          const answer = await log.append(subject, data, options);
          return answer.kind === "appended" ? answer : appendAnyhow(log, server, subject, data);
        }),
    }),
  },
  {
    name: "ambiguous-repeated",
    rule: "After an unclear answer the same bytes go out with the same expectation",
    seen: ["void-message", "two-outcomes", "started-twice"],
    defect: () => ({
      log: (log, _process, { server }) =>
        logWith(log, {
          append: (subject, data, options) =>
            log.append(subject, data, options).catch((thrown: unknown) => {
              if (thrown instanceof MillraceError) return appendAnyhow(log, server, subject, data);
              throw thrown;
            }),
        }),
    }),
  },
  {
    name: "msg-id",
    rule: "No Nats-Msg-Id: deduplication answers a second claimant as if the claim were its own",
    seen: ["void-message", "orphan-artifact", "run-never-ends"],
    defect: () => ({ log: (log, _process, world) => withMessageIds(log, world) }),
  },
  {
    name: "failure-without-voided",
    rule: "A failure fans out as ArtifactVoided",
    seen: ["run-never-ends", "fan-out-missing"],
    defect: () => ({ log: (log) => appendsOf(log, ["artifactVoided"], () => pretended(log)) }),
  },
  {
    name: "already-voided",
    rule: "A new epoch's failure writes a new ArtifactVoided with its own cause",
    seen: ["fan-out-missing", "run-never-ends"],
    defect: () => ({
      log: (log, _process, { server }) =>
        appendsOf(log, ["artifactVoided"], ({ subject, data, options }) =>
          server.history(subject).length > 0 ? pretended(log) : log.append(subject, data, options),
        ),
    }),
    options: { shapes: ["failing", "join"], acts: ["resume"] },
  },
  {
    name: "artifacts-before-ack",
    rule: "ArtifactProduced follows the acknowledgement of Completed",
    seen: ["orphan-artifact", "wrong-artifact"],
    defect: () => ({ log: (log) => artifactsFirst(log) }),
  },
  {
    name: "no-healing",
    rule: "A fan-out that its writer did not finish is finished by whichever replica sees it missing",
    seen: ["fan-out-missing", "run-never-ends"],
    defect: () => ({
      log: (log, process, { server }) =>
        appendsOf(log, ["artifactProduced", "artifactVoided"], ({ subject, event, data, options }) => {
          const body = event.body;
          const cause = body && "cause" in body.value ? body.value.cause?.eventId : undefined;
          const writer = server.written.findLast((written) => written.event?.id === cause)?.by;
          return writer === process.name ? log.append(subject, data, options) : pretended(log);
        }),
    }),
  },
  {
    name: "outcome-without-cas",
    rule: "An outcome expects the previous outcome's sequence",
    seen: ["two-outcomes", "void-message"],
    defect: () => ({
      log: (log, _process, world) => unchecked(log, world, ["runSucceeded", "runFailed", "runCancelled"]),
    }),
  },
  {
    name: "outcome-without-epoch",
    rule: "An outcome names its epoch and ends no other",
    seen: ["early-outcome", "two-outcomes", "void-message", "outcome-of-another-epoch"],
    defect: () => ({ log: (log, _process, world) => outcomesOfNow(log, world) }),
    options: { shapes: ["failing"], acts: ["resume"], targets: outcomeTargets() },
  },
  {
    name: "start-without-cas",
    rule: "A run is created once",
    seen: ["started-twice"],
    defect: () => ({ log: (log, _process, world) => unchecked(log, world, ["runStarted"]) }),
  },
  {
    name: "start-not-continued",
    rule: "A refused creation of a run is gone on from: its first replica may have died before the dataset's artifact",
    seen: ["fan-out-missing", "run-never-ends"],
    defect: () => ({
      log: (log, process, { server }) =>
        appendsOf(log, ["artifactProduced"], ({ subject, data, options }) => {
          const parsed = parseSubject(subject);
          if (parsed.kind !== "artifact" || parsed.component !== "ingest") return log.append(subject, data, options);
          const started = subjectsOf(log.namespace).started(parsed.pipeline, parsed.run);
          const writer = server.written.find(({ entry }) => entry.subject === started)?.by;
          return writer === process.name ? log.append(subject, data, options) : pretended(log);
        }),
    }),
    options: { targets: ["append:runStarted 1", "append:runStarted 2"] },
  },
  {
    name: "control-refreshed",
    rule: "Expectation and state come from the same message: else a Nudged undoes a Resumed, and two resumes are two epochs",
    seen: ["carried-state", "void-message"],
    defect: () => ({
      log: (log, _process, world) => unchecked(log, world, ["cancelRequested", "resumed", "nudged"]),
    }),
    options: { shapes: ["failing"], acts: ["resume", "resume"] },
  },
];

function outcomeTargets(): readonly string[] {
  return ["append:runFailed 1", "append:runFailed 2", "append:runSucceeded 1"];
}

function withMessageIds(log: Log, world: World): Log {
  const ids = deduplicated.get(world) ?? new Map<string, number>();
  deduplicated.set(world, ids);
  return logWith(log, {
    async append(subject, data, options) {
      const id = `${subject} ${options?.expectLastSequence ?? ""}`;
      const known = options?.expectLastSequence === undefined ? undefined : ids.get(id);
      if (known !== undefined) return { kind: "appended", sequence: known };
      const answer = await log.append(subject, data, options);
      if (answer.kind === "appended") ids.set(id, answer.sequence);
      return answer;
    },
  });
}

function artifactsFirst(log: Log): Log {
  const subjects = subjectsOf(log.namespace);
  return appendsOf(log, ["completed"], async ({ subject, event, data, options }) => {
    const place = parseSubject(subject);
    if (place.kind !== "journal" || event.body?.$case !== "completed") return log.append(subject, data, options);
    const { pipeline, run, component, node } = place;
    const epoch = event.state?.chain?.$case === "journal" ? event.state.chain.value.epoch : 0;
    const cause = { sequence: 0n, eventId: event.id };
    for (const { name, artifact } of event.body.value.outputs) {
      if (artifact === undefined) continue;
      const value = { artifact, cause, epoch, planDigest: "", runKind: 0 as const };
      const produced = encodeEvent({ id: event.id, body: { $case: "artifactProduced", value } });
      await log.append(subjects.artifact(pipeline, run, component, node, artifact.type, name), produced, {
        expectLastSequence: 0,
      });
    }
    return log.append(subject, data, options);
  });
}

/** Whoever writes an outcome ends whatever epoch there is by then. */
function outcomesOfNow(log: Log, { server }: World): Log {
  return appendsOf(log, ["runSucceeded", "runFailed", "runCancelled"], ({ subject, event, data, options }) => {
    const place = parseSubject(subject);
    if (place.kind !== "outcome") return log.append(subject, data, options);
    const control = server.history(subjectsOf(log.namespace).control(place.pipeline, place.run)).length;
    const run = historyOf(server.written).runs.get(`${place.pipeline}.${place.run}`);
    const epoch = run?.control.at(-1)?.chain.state.epoch ?? 0;
    if (control === 0 || epoch === 0 || event.body === undefined) return log.append(subject, data, options);
    const body = { ...event.body, value: { ...event.body.value, epoch } } as typeof event.body;
    return log.append(subject, encodeEvent({ ...event, body }), {
      expectLastSequence: server.history(subject).at(-1)?.sequence ?? 0,
    });
  });
}
