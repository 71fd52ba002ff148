import type { Plan, PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import type { Json } from "../../model/mod.ts";
import { codeOf, parametersOf } from "../../pipeline/mod.ts";
import type { NodeView, RunView } from "../run-view.ts";
import { type Compared, comparedMembers } from "./compared.ts";
import { worstFirst } from "./severity.ts";
import { statisticsDifference } from "./statistics-difference.ts";
import type { SplitStatistics } from "./statistics-difference.ts";

/** What of a node is compared. */
export type Aspect =
  | "decision"
  | "parameter"
  | "code"
  | "input"
  | "output"
  | "metric"
  | "statistic"
  | "environment"
  | "duration";

/** A node of two runs, side by side, matched by its name. */
export interface NodeDifference {
  readonly node: string;
  readonly aspects: Readonly<Record<Aspect, readonly Compared[]>>;
}

/** One thing that differs. */
export interface Difference extends Compared {
  readonly node: string;
  readonly aspect: Aspect;
}

/** A run as it is held beside another. */
export interface RunSide {
  readonly view: RunView;
  readonly plan: Plan;
  /** Statistics of a node's output by split, if they are stored and to be compared. */
  readonly statistics: ReadonlyMap<string, SplitStatistics>;
}

/** Two runs side by side. */
export interface RunDifference {
  readonly runs: readonly [RunIdentity, RunIdentity];
  /** Whether nothing but how long things took, and whether they were taken or reused, differs. */
  readonly equal: boolean;
  readonly nodes: readonly NodeDifference[];
  /** Worst first: how nodes ended, what was changed, what was decided, numbers by how much they changed, digests. */
  readonly differences: readonly Difference[];
}

export type RunIdentity = Pick<
  RunView,
  "run" | "pipeline" | "planDigest" | "state" | "kind" | "of" | "startedAt" | "durationMs"
>;

/** Aspects that do not make runs unequal. */
const incidental: ReadonlySet<Aspect> = new Set(["duration"]);
/** Decisions that do not either. */
const incidentalDecisions: ReadonlySet<string> = new Set(["cached", "taken", "attempts", "pushed", "note"]);

/** Holds two runs side by side, of one pipeline or of two: nodes are matched by name. Pure. */
export function runDifference(was: RunSide, is: RunSide): RunDifference {
  const names = [...new Set([...was.view.nodes, ...is.view.nodes].map(({ node }) => node))];
  const nodes = names.map((node) => ({ node, aspects: aspectsOf(node, sideOf(was, node), sideOf(is, node)) }));
  const differences = worstFirst(
    nodes.flatMap(({ node, aspects }) =>
      (Object.entries(aspects) as [Aspect, readonly Compared[]][]).flatMap(([aspect, compared]) =>
        compared
          .filter(({ equal }) => !equal)
          .map((difference): Difference => Object.assign({ node, aspect }, difference)),
      ),
    ),
  );
  const equal = differences.every(
    ({ aspect, name }) => incidental.has(aspect) || (aspect === "decision" && incidentalDecisions.has(name)),
  );
  return { runs: [identityOf(was.view), identityOf(is.view)], equal, nodes, differences };
}

interface NodeSide {
  readonly view: NodeView | undefined;
  readonly plan: PlanNode | undefined;
  readonly statistics: ReadonlyMap<string, SplitStatistics>;
}

function sideOf({ view, plan, statistics }: RunSide, name: string): NodeSide {
  return {
    view: view.nodes.find(({ node }) => node === name),
    plan: plan.nodes.find((node) => node.name === name),
    statistics,
  };
}

function aspectsOf(node: string, was: NodeSide, is: NodeSide): NodeDifference["aspects"] {
  const beside = (members: (side: NodeSide) => Members): readonly Compared[] =>
    comparedMembers(members(was), members(is));
  return {
    decision: beside(({ view }) => (view ? decisionsOf(view) : {})),
    parameter: beside(({ plan }) => (plan ? parametersOf(plan) : {})),
    code: beside(({ plan }) => (plan ? codeOf(plan) : {})),
    input: beside(({ view }) => digestsOf(view?.inputs)),
    output: beside(({ view }) => digestsOf(view?.outputs)),
    metric: beside(({ view }) => view?.metrics ?? {}),
    statistic: (was.view?.outputs ?? []).flatMap(({ name }) =>
      statisticsDifference(was.statistics.get(`${node}.${name}`), is.statistics.get(`${node}.${name}`)),
    ),
    environment: beside(({ view }): Members => {
      if (view === undefined) return {};
      const { backend, version, versions } = view.executor;
      return { backend, "component version": version, ...versions };
    }),
    duration: beside(({ view }): Members =>
      view === undefined || view.durationMs === null || view.cached ? {} : { durationMs: view.durationMs },
    ),
  };
}

type Members = Readonly<Record<string, Json>>;

/** How a node ended and what was decided in it. */
function decisionsOf(view: NodeView): Members {
  const property = (name: string): string | null =>
    view.outputs.map(({ properties }) => properties[name]).find((value) => value !== undefined) ?? null;
  const [blessed, pushed] = [property("blessed"), property("pushed")];
  return {
    component: view.component,
    state: view.state,
    ...(view.failure ? { failure: `${view.failure.code}: ${view.failure.message}` } : {}),
    ...(blessed === null ? {} : { blessed: blessed === "1" }),
    ...(pushed === null ? {} : { pushed: pushed === "1" }),
    ...(view.note === null ? {} : { note: view.note }),
    cached: view.cached && !view.taken,
    taken: view.taken,
    attempts: view.attempts,
  };
}

function digestsOf(ports: readonly { readonly name: string; readonly digest: string }[] | undefined): Members {
  return Object.fromEntries((ports ?? []).map(({ name, digest }) => [name, digest]));
}

function identityOf({ run, pipeline, planDigest, state, kind, of, startedAt, durationMs }: RunView): RunIdentity {
  return { run, pipeline, planDigest, state, kind, of, startedAt, durationMs };
}
