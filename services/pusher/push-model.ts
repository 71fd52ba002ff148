import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ExecutionContext, ExecutionResult } from "millrace/component";
import { Terminal } from "millrace/model";
import type { pusherDeclaration } from "millrace/pipeline";
import type { PusherConfig } from "./config.ts";
import { copyFiles, destinationDirectory, publishVersion } from "millrace/artifacts";

type Context = ExecutionContext<typeof pusherDeclaration>;

/** Part of a Model artifact that servers load. Source: TFX path_utils. */
const servingFormat = "Format-Serving";

/**
 * Pushes the model as the version that was intended, and keeps what was pushed as PushedModel.
 * Without a blessing it pushes nothing; without an intended push it only stages. The payload leaves out the version,
 * so the same model gives the same artifact. Source: TFX Pusher.
 *
 * @param configure Reads the push root; called only for a push.
 * @throws {Terminal} `model-not-servable`, `blessing-of-other-model`, `push-of-other-model`, `push-root-unset`,
 * `destination-not-writable`, `destination-outside-root`, `version-conflict`.
 */
export async function pushModel(context: Context, configure: () => PusherConfig): Promise<ExecutionResult> {
  const { outputs, push } = context;
  const refusal = refusalOf(context);
  if (refusal !== undefined) {
    await writeFile(join(outputs.pushed.path, "NOT_PUSHED"), "");
    return notPushed(context, `not pushed: ${refusal}`);
  }
  const source = servingFiles(context);
  await copyFiles(source, outputs.pushed.path);
  if (push === undefined) return notPushed(context, "not pushed: staged only, since no push was intended");
  assertIntended(context);
  const directory = await destinationDirectory(configure().pushRoot, context.parameters.to);
  context.signal.throwIfAborted();
  const version = String(push.version);
  const published = await publishVersion(source, directory, version);
  return pushedAs(context, version, published.directory, published.adopted);
}

/** Why the model may not be pushed, if it may not. */
function refusalOf({ inputs }: Context): string | undefined {
  const { model, blessing } = inputs;
  if (blessing === undefined) return undefined;
  const { blessed, current_model: blessedModel } = blessing.artifact.properties;
  if (blessedModel !== undefined && blessedModel !== model.artifact.digest) {
    throw new Terminal(
      "blessing-of-other-model",
      `Cannot push model ${model.artifact.digest} as its blessing must be of the same model: it is of ${blessedModel}; ` +
        "wire the blessing that was made of this model",
      { field: "blessing" },
    );
  }
  return blessed === "1" ? undefined : "the model is not blessed";
}

function servingFiles({ inputs }: Context): string {
  const source = join(inputs.model.path, servingFormat);
  if (existsSync(source)) return source;
  throw new Terminal(
    "model-not-servable",
    `Cannot push model ${inputs.model.artifact.digest} as it must hold ${servingFormat}/: it does not; ` +
      "let its trainer export it for serving",
    { field: "model" },
  );
}

function assertIntended({ inputs, push }: Context): void {
  const [intended, given] = [push?.model?.digest, inputs.model.artifact.digest];
  if (intended === given) return;
  throw new Terminal(
    "push-of-other-model",
    `Cannot push model ${given} as the intended push must be of it: it is of ${String(intended)}`,
    { field: "model" },
  );
}

function notPushed({ outputs }: Context, note: string): ExecutionResult {
  outputs.pushed.setProperty("pushed", "0");
  return { note };
}

function pushedAs(context: Context, version: string, directory: string, adopted: boolean): ExecutionResult {
  const { pushed } = context.outputs;
  pushed.setProperty("pushed", "1");
  pushed.setProperty("pushed_destination", pathToFileURL(directory).href);
  pushed.setProperty("pushed_version", version);
  const found = adopted ? " (an earlier attempt had written it)" : "";
  return { note: `pushed to ${context.parameters.to} as version ${version}${found}` };
}
