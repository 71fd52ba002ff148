import type { ExecutionEnvironment } from "../../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { canonicalJson } from "../../model/mod.ts";

/** Everything that an execution's bytes depend on: what its cache key is made of. */
export interface ExecutionBasis {
  readonly node: PlanNode;
  readonly inputs: readonly InputArtifact[];
  readonly environment: ExecutionEnvironment;
  readonly seed: bigint;
}

/** One thing that two executions do not share. Values are texts; null where there is none. */
export interface ExecutionDifference {
  readonly what:
    | "component"
    | "component-version"
    | "backend"
    | "version"
    | "input"
    | "input-properties"
    | "parameter"
    | "code"
    | "seed"
    | "outputs";
  /** Of the input, parameter, function or package; empty where `what` says it all. */
  readonly name: string;
  readonly was: string | null;
  readonly is: string | null;
  /** Of an input: `node.output` that made it, now and then; of code: the author's module. Empty if not known. */
  readonly isFrom: string;
  readonly wasFrom: string;
}

/**
 * What differs between two executions of a component. Empty if and only if their cache keys are equal: a property test
 * holds the two together. Pure. Source: docs/protocol.md, Deciding a node (4).
 */
export function executionDifferences(was: ExecutionBasis, is: ExecutionBasis): readonly ExecutionDifference[] {
  return [
    ...single("component", was.node.component, is.node.component),
    ...single("component-version", was.environment.componentVersion, is.environment.componentVersion),
    ...single("backend", was.environment.backend, is.environment.backend),
    ...each("version", was.environment.versions, is.environment.versions),
    ...inputDifferences(was.inputs, is.inputs),
    ...each("parameter", parametersOf(was.node), parametersOf(is.node)),
    ...codeDifferences(was.node, is.node),
    ...single("seed", String(was.seed), String(is.seed)),
    ...single("outputs", outputsOf(was.node), outputsOf(is.node)),
  ];
}

type What = ExecutionDifference["what"];
type Value = string | null;

function difference(what: What, name: string, was: Value, is: Value, wasFrom = "", isFrom = ""): ExecutionDifference {
  return { what, name, was, is, isFrom, wasFrom };
}

function single(what: What, was: string, is: string): readonly ExecutionDifference[] {
  return was === is ? [] : [difference(what, "", was, is)];
}

function each(
  what: What,
  was: Readonly<Record<string, string>>,
  is: Readonly<Record<string, string>>,
): readonly ExecutionDifference[] {
  return namesOf(Object.keys(was), Object.keys(is))
    .filter((name) => was[name] !== is[name])
    .map((name) => difference(what, name, was[name] ?? null, is[name] ?? null));
}

function namesOf(was: Iterable<string>, is: Iterable<string>): readonly string[] {
  return [...new Set([...was, ...is])];
}

/** Parameters by name, each as JSON. */
function parametersOf({ parametersJson }: PlanNode): Readonly<Record<string, string>> {
  const parameters = JSON.parse(parametersJson) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, canonicalJson(value)]));
}

function outputsOf({ outputs }: PlanNode): string {
  return outputs.map(({ name, type }) => `${name}: ${type}`).join(", ");
}

function inputDifferences(was: readonly InputArtifact[], is: readonly InputArtifact[]): readonly ExecutionDifference[] {
  const [before, now] = [byName(was), byName(is)];
  return namesOf(before.keys(), now.keys()).flatMap((name): readonly ExecutionDifference[] => {
    const [old, current] = [before.get(name), now.get(name)];
    const [oldDigest, digest] = [old?.artifact?.digest ?? null, current?.artifact?.digest ?? null];
    const places = [producerOf(old), producerOf(current)] as const;
    if (oldDigest !== digest) return [difference("input", name, oldDigest, digest, ...places)];
    const [oldProperties, properties] = [propertiesOf(old), propertiesOf(current)];
    if (oldProperties === properties) return [];
    return [difference("input-properties", name, oldProperties, properties, ...places)];
  });
}

function byName(inputs: readonly InputArtifact[]): ReadonlyMap<string, InputArtifact> {
  return new Map(inputs.map((input) => [input.name, input]));
}

function producerOf(input: InputArtifact | undefined): string {
  return input === undefined || input.fromNode === "" ? "" : `${input.fromNode}.${input.fromOutput}`;
}

function propertiesOf(input: InputArtifact | undefined): string {
  return canonicalJson(input?.artifact?.properties ?? {});
}

function codeDifferences(was: PlanNode, is: PlanNode): readonly ExecutionDifference[] {
  const [before, now] = [codeOf(was), codeOf(is)];
  return namesOf(before.keys(), now.keys()).flatMap((name) => {
    const [old, current] = [before.get(name), now.get(name)];
    const [oldCode, code] = [old && identityOf(old, current), current && identityOf(current, old)];
    if (oldCode === code) return [];
    return [difference("code", name, oldCode ?? null, code ?? null, old?.module, current?.module)];
  });
}

type Code = PlanNode["code"][number];

function codeOf({ code }: PlanNode): ReadonlyMap<string, Code> {
  return new Map(code.map((reference) => [reference.parameter, reference]));
}

/** The digest; with the export's name where that differs. */
function identityOf({ digest, exportName }: Code, other: Code | undefined): string {
  return other === undefined || other.exportName === exportName ? digest : `${digest}#${exportName}`;
}
