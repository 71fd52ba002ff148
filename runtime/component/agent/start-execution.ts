import { fileURLToPath } from "node:url";
import type { ArtifactStore } from "../../artifacts/mod.ts";
import type { StartExecution } from "../../contracts/millrace/component/v1/executor.ts";
import type { RunStarted } from "../../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../../contracts/millrace/metadata/v1/plan.ts";
import { attemptTimeoutMs } from "../../driver/mod.ts";

/**
 * Everything an execution may depend on, for its executor. Inputs without an artifact are left out; the places of
 * files are the store's, and the executor verifies what it reads there.
 */
export function startExecution(
  store: ArtifactStore,
  {
    pipeline,
    run,
    seed,
    options,
  }: Pick<RunStarted, "pipeline" | "run" | "seed"> & Partial<Pick<RunStarted, "options">>,
  node: PlanNode,
  inputs: readonly InputArtifact[],
  attempt: number,
): StartExecution {
  return {
    component: node.component,
    pipeline,
    run,
    node: node.name,
    parametersJson: node.parametersJson,
    inputs: inputs.flatMap(({ name, artifact }) =>
      artifact ? [{ name, artifact, path: fileURLToPath(store.uriOf(artifact.digest)) }] : [],
    ),
    outputs: node.outputs.map(({ name, type, optional }) => ({ name, type, optional, path: "" })),
    code: node.code.map(({ parameter, exportName, digest }) => ({
      parameter,
      exportName,
      digest,
      path: fileURLToPath(store.uriOf(digest)),
    })),
    seed,
    deadlineMs: BigInt(attemptTimeoutMs(node)),
    traceparent: "",
    attempt,
    push: undefined,
    noEffects: options?.noEffects ?? false,
  };
}
