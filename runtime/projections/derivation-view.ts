import { RunKind } from "../contracts/millrace/event/v1/event.ts";
import type { ExecutionEnvironment, ReproductionVerdict } from "../contracts/millrace/event/v1/event.ts";
import type { RunFold } from "./run.ts";

/** One output of a reproduction beside the original's. */
export interface ComparedOutput {
  readonly node: string;
  readonly name: string;
  /** Digests; empty where there was none. */
  readonly was: string;
  readonly is: string;
  readonly equal: boolean;
  /** For people: the first file, byte or statistic that differs; null if equal. */
  readonly firstDifference: string | null;
}

/** Where a node ran, if that is not the same in both runs. */
export interface ComparedEnvironment {
  readonly node: string;
  readonly was: EnvironmentView;
  readonly is: EnvironmentView;
}

/** Where an execution ran. */
export interface EnvironmentView {
  readonly componentVersion: string;
  readonly backend: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** What comparing a reproduction with its original gave. */
export interface VerdictView {
  readonly verdict: "reproduced" | "diverged";
  readonly sequence: number;
  readonly outputs: readonly ComparedOutput[];
  /** Outputs that the event had no room for, equal ones before others. */
  readonly outputsOmitted: number;
  readonly environments: readonly ComparedEnvironment[];
}

/** How a run came about. */
export interface DerivationView {
  readonly kind: "ordinary" | "reproduction" | "fork";
  /** The run it reproduces or forks. */
  readonly of: string | null;
  /** Whether it may bless and push. */
  readonly effects: boolean;
  /** Of a reproduction, once it has ended. */
  readonly verdict: VerdictView | null;
}

/** How a folded run came about, and what came of it if it reproduces another. Pure. */
export function viewDerivation({ started, verdict }: Pick<RunFold, "started" | "verdict">): DerivationView {
  const options = started?.body.options;
  return {
    kind: kindOf(options?.kind),
    of: options?.originRun || null,
    effects: !(options?.noEffects ?? false),
    verdict: verdict.state ? viewVerdict(verdict.state, verdict.head?.sequence ?? 0) : null,
  };
}

/** A verdict as people and programs are shown it. */
export function viewVerdict(verdict: ReproductionVerdict, sequence: number): VerdictView {
  return {
    verdict: verdict.reproduced ? "reproduced" : "diverged",
    sequence,
    outputs: verdict.outputs.map(({ node, output, was, is, firstDifference }) => ({
      node,
      name: output,
      was,
      is,
      equal: firstDifference === "",
      firstDifference: firstDifference || null,
    })),
    outputsOmitted: verdict.outputsOmitted,
    environments: verdict.environments.map(({ node, was, is }) => ({
      node,
      was: environmentView(was),
      is: environmentView(is),
    })),
  };
}

/** An environment without what only the contract needs. */
export function environmentView(environment: ExecutionEnvironment | undefined): EnvironmentView {
  const { componentVersion = "", backend = "", versions = {} } = environment ?? {};
  return { componentVersion, backend, versions };
}

function kindOf(kind: RunKind | undefined): DerivationView["kind"] {
  if (kind === RunKind.RUN_KIND_REPRODUCTION) return "reproduction";
  return kind === RunKind.RUN_KIND_FORK ? "fork" : "ordinary";
}
