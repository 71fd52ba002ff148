import type { AgentContext } from "../../../component/agent/context.ts";
import { cancel } from "../../../component/agent/running.ts";
import { encodeEvent } from "../../../log/mod.ts";
import { decodeEvent } from "../../../journal/mod.ts";
import type { Log, LogEntry } from "../../../log/mod.ts";
import type { World } from "../world.ts";
import { appendAnyhow, appendsOf, logWith } from "./plant.ts";
import type { Plant } from "./plant.ts";

const validated = { shapes: ["validated"] } as const;

/** Rules of effects outside, of bytes, and of the cache. */
export const effectPlants: readonly Plant[] = [
  {
    name: "effect-without-intent",
    rule: "PushIntended stands on the target's chain before the effect",
    seen: ["effect-without-intent"],
    defect: () => ({
      log: (log) =>
        appendsOf(log, ["pushIntended"], async () => ({
          kind: "appended",
          sequence: (await log.leaderLastSequence()) + 1,
        })),
    }),
    options: validated,
  },
  {
    name: "intent-not-adopted",
    rule: "A claim that finds its run's open intent finishes that one",
    seen: ["pushed-twice", "push-left-open", "run-never-ends", "never-quiet"],
    defect: () => ({ log: (log, _process, world) => withForeignIntents(log, world) }),
    options: { ...validated, targets: ["append:pushed 1", "append:pushIntended 1"] },
  },
  {
    name: "intent-without-reread",
    rule: "Behind PushIntended the holder re-reads its journal: not its claim, no effect",
    seen: ["effect-of-a-lost-claim", "push-left-open"],
    defect: () => ({ log: (log) => withoutReread(log) }),
    options: {
      ...validated,
      kinds: ["pause-before", "crash-before"],
      targets: ["append:pushIntended 1", "append:pushIntended 2"],
    },
  },
  {
    name: "cancel-after-intent",
    rule: "PushIntended is the point of no return: a cancel comes too late",
    seen: ["push-left-open"],
    defect: () => ({ agent: (context) => withLateCancels(context) }),
    options: { ...validated, acts: ["cancel"], cancelOnto: "append:pushIntended 1" },
  },
  {
    name: "blessing-without-cas",
    rule: "ModelBlessed expects the blessings to be as they were when its baseline was pinned",
    seen: ["worse-blessed", "void-message"],
    defect: () => ({ log: (log, _process, world) => withBlindBlessings(log, world) }),
    options: validated,
  },
  {
    name: "visible-before-bytes",
    rule: "No output is visible before its bytes are committed",
    seen: ["output-without-bytes"],
    defect: () => ({ agent: (context, world) => withLateBytes(context, world) }),
  },
  {
    name: "hit-unread",
    rule: "A hit is one only if its bytes are there",
    seen: ["reuse-without-bytes"],
    defect: () => ({ agent: (context) => withTrustedStore(context) }),
    options: { shapes: ["cached"], acts: ["lose"] },
  },
];

/** The read behind an intent finds the claim that the process made, whatever is there now. */
function withoutReread(log: Log): Log {
  const own = new Map<string, number>();
  let intended = false;
  return logWith(log, {
    async append(subject, data, options) {
      const kind = decodeEvent(data)?.body?.$case;
      const answer = await log.append(subject, data, options);
      if (answer.kind === "appended" && kind === "claimed") own.set(subject, answer.sequence);
      intended = kind === "pushIntended";
      return answer;
    },
    leaderLastOf(filter) {
      const claim = intended ? own.get(filter) : undefined;
      if (claim === undefined) return log.leaderLastOf(filter);
      intended = false;
      return log.get(claim);
    },
  });
}

/** Intents of its own run look like another's to a claim. */
function withForeignIntents(log: Log, { server }: World): Log {
  return logWith(log, {
    async *read(filters, range) {
      for await (const entry of log.read(filters, range))
        yield filters[0]?.includes(".target.") ? foreign(entry) : entry;
    },
    leaderLastOf: (filter) => (server === undefined ? Promise.resolve(undefined) : log.leaderLastOf(filter)),
  });
}

function foreign(entry: LogEntry): LogEntry {
  const event = decodeEvent(entry.data);
  if (event?.body?.$case !== "pushIntended" || event.body.value.push === undefined) return entry;
  const { push } = event.body.value;
  const model = push.model && { ...push.model, digest: "sha256:other" };
  const body = { ...event.body, value: { ...event.body.value, push: { ...push, model, run: "another" } } };
  return { ...entry, data: encodeEvent({ ...event, body }) };
}

/** A cancel stops whatever runs, wherever it stands. */
function withLateCancels(context: AgentContext): AgentContext {
  const { running } = context;
  return {
    ...context,
    running: {
      all: running.all,
      add: (place) => running.add(place),
      stopAll: (reason) => running.stopAll(reason),
      cancelRun(pipeline, run, reason) {
        for (const held of running.all.values())
          if (held.pipeline === pipeline && held.run === run) cancel(held, reason);
      },
    },
  };
}

/** Nobody looks whether another model was blessed since the baseline was pinned. */
function withBlindBlessings(log: Log, { server }: World): Log {
  const pinned = new Map<string, number>();
  return logWith(
    appendsOf(log, ["modelBlessed"], ({ subject, data }) => appendAnyhow(log, server, subject, data)),
    {
      async lastOf(subjects) {
        const last = await log.lastOf(subjects);
        for (const subject of subjects)
          if (subject.includes(".blessed.")) pinned.set(subject, last.entries.get(subject)?.sequence ?? 0);
        return last;
      },
      async leaderLastOf(filter) {
        const sequence = pinned.get(filter);
        return sequence === undefined ? log.leaderLastOf(filter) : server.history(filter, sequence).at(-1);
      },
    },
  );
}

/** The executor answers first and commits a moment later. */
function withLateBytes(context: AgentContext, { bytes, scheduler }: World): AgentContext {
  const { executor } = context;
  return {
    ...context,
    executor: {
      async execute(executionId, start, options) {
        const before = new Set(bytes.digests);
        const succeeded = await executor.execute(executionId, start, options);
        const fresh = [...bytes.digests].filter((digest) => !before.has(digest));
        for (const digest of fresh) bytes.postpone(digest, (commit) => scheduler.after(300, commit));
        return succeeded;
      },
    },
  };
}

/** A store that says of everything that it is there. */
function withTrustedStore(context: AgentContext): AgentContext {
  const { store } = context;
  const trusted: AgentContext["store"] = {
    stage: (executionId, output) => store.stage(executionId, output),
    commit: (staging, options) => store.commit(staging, options),
    importFile: (path, options) => store.importFile(path, options),
    manifest: (digest) => store.manifest(digest),
    uriOf: (digest) => store.uriOf(digest),
    discard: (staging) => store.discard(staging),
    has: async () => true,
    open: async () => "/artifacts",
  };
  return { ...context, store: trusted };
}
