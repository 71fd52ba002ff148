import { Terminal } from "millrace/model";

/** nats-server's own default: what a server that is thrown away may lose is no loss. */
const throwawayInterval = "2m";

/** How often nats-server puts acknowledged writes on the disk: `always` before each answer, or a time such as `1s`. */
export interface SyncOptions {
  /** Default: MILLRACE_NATS_SYNC, else `always`, or nats-server's two minutes for a server that ends with its starter. */
  readonly syncInterval?: string;
  readonly endsWithStarter?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The `sync_interval` of a local server. `always` by default, since the log is the only record there is and a step
 * costs little more (docs/semantics.md).
 * @throws {Terminal} `bad-setting`.
 */
export function syncIntervalOf({ syncInterval, endsWithStarter = false, env = process.env }: SyncOptions): string {
  const wanted = syncInterval ?? (env["MILLRACE_NATS_SYNC"] || (endsWithStarter ? throwawayInterval : "always"));
  if (/^(?:always|[1-9]\d*(?:ms|s|m|h))$/.test(wanted)) return wanted;
  throw new Terminal(
    "bad-setting",
    `Cannot use MILLRACE_NATS_SYNC=${wanted}: it must be "always" or a time like 100ms, 1s or 2m`,
    { field: "MILLRACE_NATS_SYNC" },
  );
}
