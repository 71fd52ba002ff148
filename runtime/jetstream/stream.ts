import type { ServerInfo } from "@nats-io/transport-node";
import { Terminal } from "../model/mod.ts";
import { apiFailure, callApi, errorCodes } from "./api.ts";
import type { Requests } from "./requests.ts";
import { isNewEnough, oldestServer } from "./server-version.ts";

export interface StreamOptions {
  /** First token of every subject, and the stream's name. */
  readonly namespace: string;
  /** Replicas of the stream in a cluster, used when it is made. */
  readonly replicas: number;
}

interface StreamAnswer {
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Refuses a server that lacks what the log needs. A client may send what an old server silently ignores, so the
 * version is asked, and what the server made of the stream is compared as well.
 * @throws {Terminal} `nats-too-old`; `nats-without-jetstream`.
 */
export function assertServer(info: ServerInfo): void {
  if (!isNewEnough(info.version)) throw tooOld(`it is ${info.version}`);
  if (info.jetstream === true) return;
  const message = `Cannot keep a log in nats-server ${info.version}: JetStream must be enabled: start it with "-js"`;
  throw new Terminal("nats-without-jetstream", message);
}

/**
 * Makes the log's stream if it is absent, and checks that it is one that keeps every message.
 * @throws {Terminal} `nats-too-old`; `stream-differs` naming the setting.
 */
export async function ensureStream(requests: Requests, options: StreamOptions): Promise<void> {
  const name = options.namespace;
  const found = await callApi<StreamAnswer>(requests, `STREAM.INFO.${name}`, {});
  if (found.error === undefined) return assertConfig(found.config, options);
  if (found.error.err_code !== errorCodes.streamNotFound) throw apiFailure(`look up stream ${name}`, found.error);
  const made = await callApi<StreamAnswer>(requests, `STREAM.CREATE.${name}`, {
    ...configOf(name),
    num_replicas: options.replicas,
  });
  if (made.error === undefined) return assertConfig(made.config, options);
  if (made.error.err_code !== errorCodes.streamNameInUse) throw apiFailure(`make stream ${name}`, made.error);
  await ensureStream(requests, options);
}

/** Nothing is ever removed: no age, no limit that drops, no delete, no purge. */
function configOf(namespace: string): Readonly<Record<string, unknown>> {
  return {
    name: namespace,
    subjects: [`${namespace}.>`],
    retention: "limits",
    storage: "file",
    discard: "new",
    max_age: 0,
    max_msgs: -1,
    max_bytes: -1,
    max_msgs_per_subject: -1,
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
    mirror_direct: false,
  };
}

function assertConfig(config: StreamAnswer["config"], { namespace }: StreamOptions): void {
  for (const [setting, wanted] of Object.entries(configOf(namespace))) {
    const echoed = config[setting];
    if (JSON.stringify(echoed) === JSON.stringify(wanted)) continue;
    if (echoed === undefined) throw tooOld(`it does not know the stream setting ${setting}`);
    throw new Terminal(
      "stream-differs",
      `Cannot use stream ${namespace} as the log: its ${setting} must be ${JSON.stringify(wanted)}: ` +
        `it is ${JSON.stringify(echoed)}. Choose another namespace, or mend the stream`,
      { field: setting },
    );
  }
}

function tooOld(why: string): Terminal {
  return new Terminal(
    "nats-too-old",
    `Cannot keep a log in this nats-server: it must be at least ${oldestServer}: ${why}`,
  );
}
