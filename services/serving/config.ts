import { Terminal } from "millrace/model";

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
 * @throws {Terminal} `bad-setting` naming the variable.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const modelBase = env["MILLRACE_MODEL_BASE"];
  if (!modelBase) throw badSetting(env, "MILLRACE_MODEL_BASE", "the directory that pushed models are below");
  return {
    modelBase,
    ...addressOf(env, "MILLRACE_REST_ADDRESS", "127.0.0.1:0"),
    pollMs: wholeNumber(env, "MILLRACE_POLL_MS", 200, 10),
    requestTimeoutMs: wholeNumber(env, "MILLRACE_REQUEST_TIMEOUT_MS", 30_000, 1),
    requestBytesMax: wholeNumber(env, "MILLRACE_REQUEST_BYTES_MAX", 16 * 2 ** 20, 1),
  };
}

function addressOf(env: NodeJS.ProcessEnv, name: string, fallback: string): Pick<Config, "host" | "port"> {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(env[name] ?? fallback) ?? [];
  if (host === undefined || Number(port) > 65_535) throw badSetting(env, name, "<host>:<port>");
  return { host, port: Number(port) };
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, fallback: number, least: number): number {
  const value = env[name] === undefined ? fallback : Number(env[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw badSetting(env, name, `a whole number from ${least}`);
}

function badSetting(env: NodeJS.ProcessEnv, name: string, required: string): Terminal {
  const current = env[name] === undefined ? "not set" : JSON.stringify(env[name]);
  return new Terminal("bad-setting", `Cannot start the model server as ${name} must be ${required}: it is ${current}`, {
    field: name,
  });
}
