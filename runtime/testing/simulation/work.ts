import type { StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import type { Artifact, InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import type { SimulatedBytes } from "./store.ts";

/** What a simulated node does, as its plan's parameters say. */
export interface Behaviour {
  readonly role: "plain" | "train" | "validate" | "push";
  /** Duration of its work, in virtual milliseconds. */
  readonly ms: number;
  /** Fails every time, or in its first attempts of an epoch. */
  readonly fails?: "terminal" | "retryable";
  readonly failsTimes?: number;
  /** Leaves out its optional outputs. */
  readonly omits?: boolean;
  /** Destination of a push. */
  readonly to?: string;
}

/** Everything that the bytes of a simulated execution depend on. */
export type WorkInput = Pick<StartExecution, "component" | "parametersJson" | "code" | "seed" | "outputs"> & {
  readonly inputs: readonly Pick<InputArtifact, "name" | "artifact">[];
};

/** One output: its text, and the properties of the artifact. */
export interface WorkOutput {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly properties: Readonly<Record<string, string>>;
}

export function behaviourOf(parametersJson: string): Behaviour {
  return JSON.parse(parametersJson) as Behaviour;
}

/** The work of a node as its plan and its inputs determine it. */
export function workOfNode(node: PlanNode, inputs: readonly InputArtifact[], seed: bigint): WorkInput {
  const { component, parametersJson, outputs } = node;
  const code = node.code.map(({ parameter, exportName, digest }) => ({ parameter, exportName, digest, path: "" }));
  const places = outputs.map(({ name, type, optional }) => ({ name, type, optional, path: "" }));
  return { component, parametersJson, code, seed, inputs, outputs: places };
}

/** What an execution makes: the same bytes for the same input, whoever runs it and however often. Pure. */
export function makeOutputs(bytes: SimulatedBytes, work: WorkInput): readonly WorkOutput[] {
  const { role, omits } = behaviourOf(work.parametersJson);
  const given = work.inputs.flatMap(({ name, artifact }) => (artifact ? [`${name}=${artifact.digest}`] : []));
  const code = work.code.map(({ digest }) => digest);
  const about = [work.component, work.parametersJson, ...code, String(work.seed), ...given].join(" ");
  const artifacts = work.inputs.flatMap(({ artifact }) => (artifact ? [artifact] : []));
  return work.outputs
    .filter(({ optional }) => !(optional && omits))
    .map(({ name, type }) => {
      const { text, properties } = contentOf(role, bytes, artifacts, `${name} of ${about}`);
      return { name, type, text, properties };
    });
}

/** How good a model is: a number in the dataset that it was trained on. */
export function qualityOf(bytes: SimulatedBytes, digest: string): number {
  return Number(/quality=(\d+)/.exec(bytes.textOf(digest))?.[1] ?? 0);
}

function contentOf(
  role: Behaviour["role"],
  bytes: SimulatedBytes,
  artifacts: readonly Artifact[],
  about: string,
): Pick<WorkOutput, "text" | "properties"> {
  switch (role) {
    case "plain":
      return { text: about, properties: {} };
    case "train": {
      const dataset = artifacts.find(({ type }) => type === "Dataset");
      return { text: `quality=${qualityOf(bytes, dataset?.digest ?? "")} ${about}`, properties: {} };
    }
    case "validate": {
      const [candidate, baseline] = artifacts.filter(({ type }) => type === "Model");
      const better =
        baseline === undefined || qualityOf(bytes, candidate?.digest ?? "") > qualityOf(bytes, baseline.digest);
      return { text: `${better ? "better" : "worse"} ${about}`, properties: { blessed: better ? "1" : "0" } };
    }
    case "push":
      return { text: `pushed ${about}`, properties: { pushed_destination: "simulated" } };
  }
}
