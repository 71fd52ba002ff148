import type { AgentContext } from "../../../component/agent/context.ts";
import type { CodeReference, PlanNode } from "../../../contracts/millrace/metadata/v1/plan.ts";
import type { Log } from "../../../log/mod.ts";
import { parseSubject } from "../../../log/mod.ts";
import type { World } from "../world.ts";
import { logWith } from "./plant.ts";
import type { Plant } from "./plant.ts";

/** A clock ahead by more than an attempt may take. */
const fastClockMs = 200_000;

/** Rules of reading and deciding. */
export const readPlants: readonly Plant[] = [
  {
    name: "stale-trusted",
    rule: "A read counts only if its replica had read as far as the trigger",
    seen: ["run-never-ends", "fan-out-missing"],
    defect: () => ({
      log: (log) =>
        logWith(log, {
          lastOf: async (subjects) => ({
            entries: (await log.lastOf(subjects)).entries,
            upTo: Number.MAX_SAFE_INTEGER,
          }),
        }),
    }),
  },
  {
    name: "no-control-read",
    rule: "Control is read behind a claim, before any outcome",
    seen: ["completed-after-cancel"],
    defect: () => ({ log: (log) => withoutControlBehind(log) }),
    options: { acts: ["cancel"], cancelOnto: "append:claimed 1" },
  },
  {
    name: "replica-as-leader",
    rule: "What settles a refused append is read from the leader",
    seen: ["run-never-ends", "void-message", "carried-state", "fan-out-missing", "never-quiet"],
    defect: () => ({
      log: (log, _process, { server }) =>
        logWith(log, {
          leaderLastOf: async (filter) =>
            /[*>]/.test(filter)
              ? log.leaderLastOf(filter)
              : ((await log.lastOf([filter])).entries.get(filter) ?? server.history(filter, 0)[0]),
        }),
    }),
  },
  {
    name: "history-unchecked",
    rule: "A fold of history reaches what the leader has",
    seen: ["best-not-served", "pushed-twice", "worse-served", "void-message", "unexpected-error"],
    defect: () => ({ log: (log, _process, world) => withUncheckedHistory(log, world) }),
    options: { shapes: ["validated"] },
  },
  {
    name: "local-clock",
    rule: "Due times and ages of claims are compared with the server's time",
    seen: ["too-early", "never-quiet", "live-claim-taken"],
    defect: () => ({ log: (log) => logWith(log, { serverTimeMs: async () => log.clock.epochMs() }) }),
    options: { shapes: ["failing"] },
  },
  {
    name: "lease-by-clock",
    rule: "A lease lapses by redelivery; of clocks only the server's tells the age of a claim",
    seen: ["live-claim-taken"],
    defect: () => ({
      log: (log) => logWith(log, { serverTimeMs: async () => (await log.serverTimeMs()) + fastClockMs }),
    }),
    options: { shapes: ["validated"], acts: ["cancel"], cancelOnto: "append:pushIntended 1" },
  },
  {
    name: "no-attempt-timeout",
    rule: "An attempt that takes too long is stopped, and its claim is lapsed for any trigger",
    seen: ["never-quiet", "run-never-ends"],
    defect: () => ({
      agent: (context) => withPlanNodes(context, (node) => ({ ...node, attemptTimeoutMs: 10_000_000_000n })),
    }),
    options: { targets: ["execute 1", "execute 2"] },
  },
  {
    name: "cache-without-code",
    rule: "A cache key holds the digests of the node's code",
    seen: ["wrong-reuse"],
    defect: () => ({ agent: (context, world) => withCodelessKeys(context, world) }),
    options: { shapes: ["cached"] },
  },
];

/** Control, where a claim's journal and control are read together, is as if nobody had written it. */
function withoutControlBehind(log: Log): Log {
  return logWith(log, {
    async lastOf(subjects) {
      const last = await log.lastOf(subjects);
      const [journal, control, ...others] = subjects.map((subject) => parseSubject(subject).kind);
      if (journal !== "journal" || control !== "control" || others.length > 0) return last;
      return {
        upTo: last.upTo,
        entries: new Map([...last.entries].filter(([, entry]) => parseSubject(entry.subject).kind === "journal")),
      };
    },
  });
}

/** History is read from a replica that lags, and the leader is asked nothing. */
function withUncheckedHistory(log: Log, { server }: World): Log {
  const lag = 6;
  return logWith(log, {
    leaderLastOf: async (filter) =>
      filter.includes(".blessed.")
        ? server.history(filter, server.written.length - lag).at(-1)
        : log.leaderLastOf(filter),
  });
}

function withPlanNodes(context: AgentContext, change: (node: PlanNode) => PlanNode): AgentContext {
  const changed = <T extends { readonly nodes: PlanNode[] } | undefined>(plan: T): T =>
    plan && { ...plan, nodes: plan.nodes.map(change) };
  const { plans } = context;
  return {
    ...context,
    plans: {
      cached: (digest) => changed(plans.cached(digest)),
      load: async (reference) => changed(await plans.load(reference)),
    },
  };
}

function withPaths(code: readonly CodeReference[]) {
  return code.map(({ parameter, exportName, digest }) => ({ parameter, exportName, digest, path: "" }));
}

/** The agent's plan has no code, its executor's has. */
function withCodelessKeys(context: AgentContext, { scenario }: World): AgentContext {
  const { executor } = context;
  return {
    ...withPlanNodes(context, (node) => ({ ...node, code: [] })),
    executor: {
      execute(executionId, start, options) {
        const plan = scenario.shape.plans.find(({ pipeline }) => pipeline === start.pipeline);
        const code = plan?.nodes.find(({ name }) => name === start.node)?.code ?? [];
        return executor.execute(executionId, { ...start, code: withPaths(code) }, options);
      },
    },
  };
}
