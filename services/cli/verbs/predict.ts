import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { predict as askModel } from "../predicting/model-server.ts";
import { readRows } from "../predicting/read-rows.ts";
import { openServing } from "../session/serving-session.ts";

/** Asks a served model about rows of raw features. */
export async function predict(
  invocation: Invocation,
  _options: CommonOptions,
  [model = "", ...given]: readonly string[],
): Promise<ExitCode> {
  const rows = await readRows(given, process.stdin);
  await using session = await openServing(invocation, model);
  const predictions = await askModel(session.url, model, rows);
  if (invocation.json) invocation.print(JSON.stringify({ model, predictions }));
  else for (const prediction of predictions) invocation.print(JSON.stringify(prediction));
  return exitCode.done;
}
