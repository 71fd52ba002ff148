import type { ExecutionEnvironment } from "../contracts/millrace/event/v1/event.ts";
import type { InputArtifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { canonicalJson, digestOf, hexOf } from "../model/mod.ts";

/**
 * The key under which an execution may be reused: 64 hex digits over everything its bytes depend on, and nothing
 * else. No pipeline, run, node, attempt or time, so that hits cross runs and pipelines.
 */
export function cacheKey(
  node: PlanNode,
  inputs: readonly InputArtifact[],
  environment: ExecutionEnvironment,
  seed: bigint,
): string {
  return hexOf(
    digestOf(
      canonicalJson({
        component: node.component,
        version: environment.componentVersion,
        backend: environment.backend,
        versions: environment.versions,
        parameters: node.parametersJson,
        inputs: inputs.map(({ name, artifact }) => [name, artifact?.digest ?? null, artifact?.properties ?? null]),
        code: node.code.map(({ parameter, digest, exportName }) => [parameter, digest, exportName]),
        outputs: node.outputs.map(({ name, type }) => [name, type]),
        seed,
      }),
    ),
  );
}
