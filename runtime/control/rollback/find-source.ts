import type { Push } from "../../contracts/millrace/event/v1/event.ts";
import { subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { hexOf, Terminal } from "../../model/mod.ts";
import { foldRun } from "../../projections/mod.ts";
import { readRetention } from "../collection/mod.ts";
import type { PushSource, VersionRestorer } from "./version-restorer.ts";

/** Part of a Model artifact that servers load. Source: TFX path_utils. */
const servingFormat = "Format-Serving";

/**
 * Where the files of an earlier push are: what its execution kept as pushed, else the part of its model that servers
 * load.
 * @throws {Terminal} `model-bytes-gone`, saying how that came.
 */
export async function findSource(log: Log, restorer: VersionRestorer, push: Push): Promise<PushSource> {
  const sources = [...(await pushedBy(log, push)), ...modelOf(push)];
  for (const source of sources) if (await restorer.has(source)) return source;
  const model = push.model?.digest ?? "";
  throw new Terminal(
    "model-bytes-gone",
    `Cannot serve version ${push.version} again as the bytes of its model ${model} must be in the store: ${await whyGone(log, sources)}. Reproduce run ${push.run} with --push, or roll back to another version`,
  );
}

async function pushedBy(log: Log, { pipeline, run, node }: Push): Promise<readonly PushSource[]> {
  const filters = [subjectsOf(log.namespace).filters.run(pipeline, run)];
  const fold = await foldRun(pipeline, run, log.read(filters));
  const outputs = fold.nodes.get(node)?.journal.completed?.outputs ?? [];
  return outputs.flatMap(({ artifact }) =>
    artifact?.type === "PushedModel" && artifact.properties["pushed"] === "1"
      ? [{ digest: artifact.digest, directory: "" }]
      : [],
  );
}

function modelOf({ model }: Push): readonly PushSource[] {
  return model ? [{ digest: model.digest, directory: servingFormat }] : [];
}

async function whyGone(log: Log, sources: readonly PushSource[]): Promise<string> {
  for (const { digest } of sources) {
    const { state } = await readRetention(log, subjectsOf(log.namespace).artifactChain(hexOf(digest)));
    if (state.collectedSequence !== undefined)
      return `they were collected (message ${state.collectedSequence} of the log)`;
  }
  return "they are gone, and no message of the log says why: `gc` keeps what was pushed, so the store is another one, or something else deleted them";
}
