import { runCommand } from "./command.ts";
import { goVersion } from "./pins.ts";
import type { Attempt } from "./wheel.ts";

const probeTimeoutMs = 20_000;
const buildTimeoutMs = 600_000;

/**
 * Builds nats-server into a directory with the machine's Go.
 * @param directory Empty and private; the binary is written there as `nats-server`.
 */
export async function goInstall(directory: string, env: NodeJS.ProcessEnv): Promise<Attempt> {
  const probe = await runCommand("go", ["version"], { timeoutMs: probeTimeoutMs, env });
  if (!probe.ok) return "go is not installed";
  const module = `github.com/nats-io/nats-server/v2@v${goVersion}`;
  const built = await runCommand("go", ["install", module], {
    timeoutMs: buildTimeoutMs,
    env: { ...env, GOBIN: directory },
  });
  return built.ok ? undefined : `go install ${module} failed: ${built.output.split("\n").at(-1) ?? ""}`;
}
