import { pino } from "pino";
import type { Logger } from "pino";
import { toMillraceError } from "../model/mod.ts";

/** A service that has started: where it listens, and how it ends. */
export interface StartedService {
  readonly address: string;
  /** Ends what it started, within its own bounds. */
  stop(): Promise<void>;
}

/**
 * The life of a service's process: start it, say `listening <address>` on stdout once it takes work, and stop it on
 * SIGTERM or SIGINT. Logs go to stderr as JSON lines. What keeps it from starting is said there and as exit status 1.
 */
export async function runService(
  name: string,
  level: string,
  start: (logger: Logger) => Promise<StartedService>,
): Promise<void> {
  const logger = pino({ name, level, base: { service: name } }, pino.destination({ dest: 2, sync: true }));
  try {
    const stopAsked = untilSignal();
    const service = await start(logger);
    process.stdout.write(`listening ${service.address}\n`);
    logger.info({ signal: await stopAsked }, "stopping");
    await service.stop();
  } catch (thrown) {
    const error = toMillraceError(thrown);
    logger.fatal({ code: error.code, err: error }, error.message);
    process.exitCode = 1;
  }
}

function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}
