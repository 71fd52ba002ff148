import { parseToken } from "../model/mod.ts";

/**
 * Every subject of the log, below one namespace. Names are checked when a subject is made, so none can
 * break out of its place. Source: docs/protocol.md, Subjects.
 */
export function subjectsOf(namespace: string) {
  const root = parseToken("namespace", namespace);
  const join = (...tokens: readonly string[]): string =>
    [root, ...tokens.map((token) => (token === "_" ? token : parseToken("subject token", token)))].join(".");
  return {
    namespace: root,
    /** The stream's one filter. */
    all: `${root}.>`,
    dataset: (dataset: string) => join("dataset", dataset),
    rejected: (dataset: string) => join("rejected", dataset),
    pipeline: (pipeline: string) => join("pipeline", pipeline),
    started: (pipeline: string, run: string) => join("run", pipeline, run, "_", "_", "started"),
    control: (pipeline: string, run: string) => join("run", pipeline, run, "_", "_", "control"),
    outcome: (pipeline: string, run: string) => join("run", pipeline, run, "_", "_", "outcome"),
    verdict: (pipeline: string, run: string) => join("run", pipeline, run, "_", "_", "verdict"),
    journal: (pipeline: string, run: string, component: string, node: string) =>
      join("run", pipeline, run, component, node, "journal"),
    artifact: (pipeline: string, run: string, component: string, node: string, type: string, output: string) =>
      join("run", pipeline, run, component, node, "artifact", type, output),
    cache: (component: string, key: string) => join("cache", component, key),
    blessed: (pipeline: string) => join("blessed", pipeline),
    target: (destination: string) => join("target", destination),
    artifactChain: (digestHex: string) => join("artifact", digestHex),
    pin: (run: string) => join("pin", run),
    /** Filters for consumers and readers. */
    filters: {
      run: (pipeline: string, run: string) => `${join("run", pipeline, run)}.>`,
      runs: `${root}.run.>`,
      started: `${root}.run.*.*._._.started`,
      /** The start of a run, whatever its pipeline. */
      startedOf: (run: string) => `${root}.run.*.${parseToken("run", run)}._._.started`,
      control: `${root}.run.*.*._._.control`,
      outcomes: `${root}.run.*.*._._.outcome`,
      journals: `${root}.run.*.*.*.*.journal`,
      journalsOfNode: (pipeline: string, component: string, node: string) =>
        `${join("run", pipeline)}.*.${parseToken("component", component)}.${parseToken("node", node)}.journal`,
      journalsOfComponent: (component: string) => `${root}.run.*.*.${parseToken("component", component)}.*.journal`,
      artifacts: (type: string) => `${root}.run.*.*.*.*.artifact.${parseToken("artifact type", type)}.*`,
      datasets: `${root}.dataset.*`,
      rejected: `${root}.rejected.*`,
      pipelines: `${root}.pipeline.*`,
      blessed: `${root}.blessed.*`,
      targets: `${root}.target.*`,
      caches: `${root}.cache.>`,
      artifactChains: `${root}.artifact.*`,
      pins: `${root}.pin.*`,
    },
  };
}

export type Subjects = ReturnType<typeof subjectsOf>;

/** One of a run's own subjects. */
interface RunSubject<Kind extends string> {
  readonly kind: Kind;
  readonly pipeline: string;
  readonly run: string;
}

/** What a subject is about. */
export type ParsedSubject =
  | { readonly kind: "dataset" | "rejected"; readonly dataset: string }
  | { readonly kind: "pipeline" | "blessed"; readonly pipeline: string }
  | RunSubject<"started">
  | RunSubject<"control">
  | RunSubject<"outcome">
  | RunSubject<"verdict">
  | {
      readonly kind: "journal";
      readonly pipeline: string;
      readonly run: string;
      readonly component: string;
      readonly node: string;
    }
  | {
      readonly kind: "artifact";
      readonly pipeline: string;
      readonly run: string;
      readonly component: string;
      readonly node: string;
      readonly type: string;
      readonly output: string;
    }
  | { readonly kind: "cache"; readonly component: string; readonly key: string }
  | { readonly kind: "target"; readonly destination: string }
  | { readonly kind: "artifact-chain"; readonly digestHex: string }
  /** Of a run, but not among its own subjects: a copy of the run elsewhere is not pinned there. */
  | { readonly kind: "pin"; readonly pinned: string }
  | { readonly kind: "unknown" };

const runKinds = new Set(["started", "control", "outcome", "verdict"]);

/** Tokens as subjects are made of: a stranger may publish on others, which nothing here could answer on. */
const legalSubject = /^[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64})*$/;

/**
 * Parses a subject of any namespace; what this version does not know, and what no version could have made, is
 * `unknown`, never an error.
 */
export function parseSubject(subject: string): ParsedSubject {
  if (!legalSubject.test(subject)) return { kind: "unknown" };
  const [, kind, a, b, c, d, e, f, g, ...rest] = subject.split(".");
  if (rest.length > 0 || kind === undefined || a === undefined) return { kind: "unknown" };
  if (b === undefined) {
    if (kind === "dataset" || kind === "rejected") return { kind, dataset: a };
    if (kind === "pipeline" || kind === "blessed") return { kind, pipeline: a };
    if (kind === "target") return { kind, destination: a };
    if (kind === "artifact") return { kind: "artifact-chain", digestHex: a };
    if (kind === "pin") return { kind, pinned: a };
    return { kind: "unknown" };
  }
  if (kind === "cache" && c === undefined) return { kind, component: a, key: b };
  if (kind !== "run" || c === undefined || d === undefined || e === undefined) return { kind: "unknown" };
  if (f === undefined) {
    if (c === "_" && d === "_" && runKinds.has(e))
      return { kind: e as "started" | "control" | "outcome" | "verdict", pipeline: a, run: b };
    if (e === "journal") return { kind: "journal", pipeline: a, run: b, component: c, node: d };
    return { kind: "unknown" };
  }
  if (e === "artifact" && g !== undefined)
    return { kind: "artifact", pipeline: a, run: b, component: c, node: d, type: f, output: g };
  return { kind: "unknown" };
}
