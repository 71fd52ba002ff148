import { mkdir } from "node:fs/promises";
import { type LaunchOptions, type UsableServer, useNatsServer } from "../nats-server/mod.ts";
import type { DataDirectory } from "./data-directory.ts";
import { serviceEnvironment } from "./environment.ts";
import { KeptServer } from "./kept-server.ts";
import { KeptService } from "./kept-service.ts";
import { type Crash, type ServiceProcess, type ServiceStart, startService } from "./service-process.ts";
import type { ServiceSpec } from "./services.ts";

export interface StackOptions {
  readonly data: DataDirectory;
  readonly services: readonly ServiceSpec[];
  /** Settings that go before the stack's own; default this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Port of nats-server; default a free one. */
  readonly natsPort?: number;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
  /** Told what takes long, or what ended by itself, in one sentence. */
  readonly notice?: (sentence: string) => void;
  /**
   * What ends by itself is started again, with growing waits, and this is called whenever a service runs again, at
   * another address. Without it services stay down, and `crashed` settles: right for a verb that would rather fail.
   */
  readonly restarted?: (services: readonly ServiceProcess[]) => void;
}

/** A nats-server and services, each a process of its own. */
export interface Stack extends AsyncDisposable {
  readonly natsUrl: string;
  readonly services: readonly ServiceProcess[];
  /** Settles when a service ends by itself and is not started again. */
  readonly crashed: Promise<Crash>;
  /** Stops the services, then lets go of nats-server; resolves when all are gone. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts nats-server (or uses the one that MILLRACE_NATS_URL names) and the services, and waits until all are ready.
 * When one fails to start, those that did are stopped again.
 * @throws {Terminal} `service-start`, or as startNatsServer does.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { data, env = process.env, natsPort = 0, notice = () => {} } = options;
  const places = [data.store, data.modelBase, data.logs, data.compileCache];
  await Promise.all(places.map((place) => mkdir(place, { recursive: true })));
  const serverOptions = { dataDir: data.nats, env, port: natsPort, notice };
  const server = await (options.restarted === undefined ? useNatsServer(serverOptions) : keptServer(serverOptions));
  try {
    const starts = processesOf(options, serviceEnvironment(data, server.url, env));
    const services = keep(starts, await startAll(starts, options.signal), options);
    const stop = async (): Promise<void> => {
      await Promise.all(services.map((service) => service.stop()));
      await server.stop();
    };
    const crashed = Promise.race(services.map((service) => service.crashed));
    return { natsUrl: server.url, services, crashed, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A server that someone named is theirs to start again. */
function keptServer(options: LaunchOptions): Promise<UsableServer> {
  const named = options.env?.["MILLRACE_NATS_URL"];
  return named === undefined || named === "" ? KeptServer.start(options) : useNatsServer(options);
}

function keep(
  starts: readonly ServiceStart[],
  started: readonly ServiceProcess[],
  { restarted, notice = () => {} }: StackOptions,
): readonly ServiceProcess[] {
  if (restarted === undefined) return started;
  const kept: readonly ServiceProcess[] = started.map(
    (service, index) =>
      new KeptService(starts[index] as ServiceStart, service, { notice, restarted: () => restarted(kept) }),
  );
  return kept;
}

function processesOf({ data, services }: StackOptions, env: NodeJS.ProcessEnv): readonly ServiceStart[] {
  return services.flatMap(({ name, main, replicas }) =>
    Array.from({ length: replicas }, (_, index) => ({
      name: index === 0 ? name : `${name}-${index + 1}`,
      main,
      env,
      cwd: data.project,
      logs: data.logs,
    })),
  );
}

async function startAll(starts: readonly ServiceStart[], signal?: AbortSignal): Promise<readonly ServiceProcess[]> {
  const results = await Promise.allSettled(starts.map(startService));
  const started = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined && signal?.aborted !== true) return started;
  await Promise.all(started.map((service) => service.stop()));
  throw failed?.reason ?? signal?.reason;
}
