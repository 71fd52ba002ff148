import * as v from "valibot";
import { Terminal } from "millrace/model";

const milliseconds = (fallback: number, least: number) =>
  v.optional(v.pipe(v.string(), v.toNumber(), v.integer(), v.minValue(least)), String(fallback));

const environmentSchema = v.object({
  MILLRACE_MODEL_BASE: v.pipe(v.string(), v.nonEmpty()),
  MILLRACE_REST_ADDRESS: v.optional(
    v.pipe(v.string(), v.regex(/^.+:\d{1,5}$/, "must be <host>:<port>")),
    "127.0.0.1:0",
  ),
  MILLRACE_POLL_MS: milliseconds(200, 10),
  MILLRACE_REQUEST_TIMEOUT_MS: milliseconds(30_000, 1),
  MILLRACE_REQUEST_BYTES_MAX: milliseconds(16 * 2 ** 20, 1),
});

/** What the model server is told by its environment. */
export interface Config {
  /** Directory below which models are: `<model>/<version>/model.json`, the model some levels down if wanted. */
  readonly modelBase: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Time between two looks at the directory. */
  readonly pollMs: number;
  /** Longest that one request may take, with its body. */
  readonly requestTimeoutMs: number;
  readonly requestBytesMax: number;
}

/**
 * Reads the configuration from environment variables.
 * @throws {Terminal} `bad-environment` naming the variable.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const { success, output, issues } = v.safeParse(environmentSchema, environment);
  if (!success) {
    const name = v.getDotPath(issues[0]) ?? "the environment";
    const given = environment[name] === undefined ? "it is not set" : issues[0].message;
    throw new Terminal("bad-environment", `Cannot start the model server as ${name} must be right: ${given}`, {
      field: name,
    });
  }
  const colon = output.MILLRACE_REST_ADDRESS.lastIndexOf(":");
  return {
    modelBase: output.MILLRACE_MODEL_BASE,
    host: output.MILLRACE_REST_ADDRESS.slice(0, colon),
    port: Number(output.MILLRACE_REST_ADDRESS.slice(colon + 1)),
    pollMs: output.MILLRACE_POLL_MS,
    requestTimeoutMs: output.MILLRACE_REQUEST_TIMEOUT_MS,
    requestBytesMax: output.MILLRACE_REQUEST_BYTES_MAX,
  };
}
