import { findRunningStack, type RunningStack, startHeldStack, startStack, type StackOptions } from "@millrace/local";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { printTable } from "../print/table.ts";
import { interrupted, interruption } from "../session/interruption.ts";
import { checkNamedServer, connectTo } from "../session/log-session.ts";
import { readProject } from "../session/project.ts";
import { chosenServices } from "../session/services.ts";
import { WrongUse } from "../wrong-use.ts";

export interface UpOptions extends CommonOptions {
  readonly replicas?: readonly string[];
  readonly service?: readonly string[];
  readonly port?: string;
  readonly foreground?: boolean;
}

/** Starts the whole stack: in the background, or here until Ctrl-C. */
export async function up(invocation: Invocation, options: UpOptions): Promise<ExitCode> {
  const { data, note } = invocation;
  const { replicas = [], service: mains = [] } = options;
  const services = chosenServices(data.project, { replicas, mains });
  const natsPort = portOf(options.port);
  const stackOptions = { data, services, ...(natsPort === undefined ? {} : { natsPort }) };
  await checkNamedServer(invocation);
  if (options.foreground === true) return foreground(invocation, stackOptions);
  const running = await startHeldStack(stackOptions);
  await register(invocation, running.natsUrl);
  show(invocation, running);
  if (!invocation.json) note("Stop it with `millrace down`.");
  return exitCode.done;
}

/** In the foreground nobody else is told where services are. */
const noRecord = (): void => {};

async function foreground(invocation: Invocation, options: StackOptions): Promise<ExitCode> {
  const running = await findRunningStack(invocation.data);
  if (running !== undefined)
    throw new WrongUse(`A stack runs already (process ${running.pid}): \`millrace down\` stops it`);
  await using stack = await startStack({
    ...options,
    notice: invocation.note,
    signal: interruption(),
    restarted: noRecord,
  });
  await register(invocation, stack.natsUrl);
  show(invocation, { pid: process.pid, ...stack });
  await interrupted().catch(() => undefined);
  return exitCode.done;
}

/** Registers the pipelines that the project lists. */
async function register(invocation: Invocation, natsUrl: string): Promise<void> {
  if (readProject(invocation.data.project).pipelines.length === 0) return;
  const { registerProject } = await import("../registration/register-project.ts");
  await using log = await connectTo(natsUrl, invocation.note);
  await registerProject(invocation, log);
}

function show({ json, print }: Invocation, { pid, natsUrl, services }: RunningStack): void {
  const processes = services.map((service) => ({ service: service.name, pid: service.pid, address: service.address }));
  if (json) return print(JSON.stringify({ pid, natsUrl, services: processes }));
  print(
    printTable(
      ["service", "process", "address"],
      [
        ["nats-server", "", natsUrl],
        ...processes.map((service) => [service.service, String(service.pid), service.address]),
      ],
    ),
  );
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new WrongUse(`Cannot read --port ${text}: it must be a port, 1 to 65535`);
}
