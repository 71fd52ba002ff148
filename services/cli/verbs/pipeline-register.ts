import { resolve } from "node:path";
import { storePlan } from "millrace/artifacts";
import { registerPipeline } from "millrace/control";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, workingDirectory } from "../invocation.ts";
import { compileModule } from "../registration/compile-module.ts";
import { sentenceOf } from "../registration/register-project.ts";
import { openLog } from "../session/log-session.ts";
import { storeOf } from "../session/store.ts";

/** Compiles a pipeline's module and registers its plan. */
export async function pipelineRegister(
  invocation: Invocation,
  _options: CommonOptions,
  [file = "pipeline.ts"]: readonly string[],
): Promise<ExitCode> {
  const { data, json, print } = invocation;
  const store = storeOf(data);
  const plan = await compileModule(resolve(workingDirectory(), file), store);
  await using session = await openLog(invocation);
  const registered = await registerPipeline(session.log, plan, (bytes) => storePlan(store, bytes));
  const nodes = `${plan.nodes.length - 1} nodes on dataset ${plan.trigger?.dataset}`;
  print(json ? JSON.stringify(registered) : `${sentenceOf(registered)} (${nodes})`);
  return exitCode.done;
}
