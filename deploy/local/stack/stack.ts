import { mkdir } from "node:fs/promises";
import { useNatsServer } from "../nats-server/mod.ts";
import type { DataDirectory } from "./data-directory.ts";
import { serviceEnvironment } from "./environment.ts";
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
  /** Told what takes long, in one sentence. */
  readonly notice?: (sentence: string) => void;
}

/** A nats-server and services, each a process of its own. */
export interface Stack extends AsyncDisposable {
  readonly natsUrl: string;
  readonly services: readonly ServiceProcess[];
  /** Settles when a service ends by itself; none is started again silently. */
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
  const server = await useNatsServer({ dataDir: data.nats, env, port: natsPort, notice });
  try {
    const services = await startAll(processesOf(options, serviceEnvironment(data, server.url, env)), options.signal);
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
