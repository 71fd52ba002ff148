import { type ExitCode, exitCode } from "../exit-code.ts";
import { checkInstalled } from "../health/installed.ts";
import { checkLog } from "../health/log-health.ts";
import { checkReachable } from "../health/reachable.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { printTable } from "../print/table.ts";

/** Tells what is installed, reachable or missing, and what to do about it. */
export async function doctor({ data, json, note, print }: Invocation, _options: CommonOptions): Promise<ExitCode> {
  const checks = [...(await checkInstalled()), ...(await checkReachable(data)), ...(await checkLog(data, note))];
  const healthy = checks.every(({ state }) => state !== "missing");
  if (json) print(JSON.stringify({ ok: healthy, checks }));
  else
    print(
      printTable(
        ["what", "state", "found", "mend"],
        checks.map((check) => [check.name, check.state, check.detail, check.mend]),
      ),
    );
  return healthy ? exitCode.done : exitCode.failed;
}
