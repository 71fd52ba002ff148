import { stopHeldStack } from "@millrace/local";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";

/** Stops the stack in the background; none running is no error. */
export async function down({ data, json, print }: Invocation, _options: CommonOptions): Promise<ExitCode> {
  const stopped = await stopHeldStack(data);
  if (json) print(JSON.stringify({ stopped: stopped !== undefined, services: stopped?.services.length ?? 0 }));
  else print(stopped === undefined ? "Nothing was running." : `Stopped ${stopped.services.length} services.`);
  return exitCode.done;
}
