import { realpathSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { findPackageJSON } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Cancelled, MillraceError, Retryable, Terminal, type Json } from "../model/mod.ts";
import { bundleModule, bundleSourceMap } from "./bundle-files.ts";
import type { SandboxReply, SandboxRequest } from "./sandbox-main.ts";
import { defaultSandboxLimits, runSandbox, type SandboxEnd, type SandboxLimits } from "./sandbox-process.ts";
import { userStack } from "./user-stack.ts";

export interface UserFunctionOptions {
  /** Directory of the bundle, as the store opens it. */
  readonly directory: string;
  readonly exportName: string;
  readonly digest: string;
  /** Stops a call under way. */
  readonly signal?: AbortSignal;
  /** Takes what the author's code prints, line by line, when the call is over. */
  readonly onOutput?: (line: string) => void;
  readonly limits?: Partial<SandboxLimits>;
}

/** A user function that is called in a sandbox, each call in a fresh one. */
export interface SandboxedFunction {
  readonly digest: string;
  /**
   * Calls `invoke(userExport, argument)` of the invoker module in the sandbox.
   *
   * @param invoker Module of ours; it may import what is in its own package's directory, and nothing else.
   * @throws {Terminal} `user-code`, or the kebab-case code that `invoke` threw: place and stack are in the author's
   *   files; `user-code-timeout`, `user-code-memory`, `user-code-result`.
   * @throws {Cancelled} the signal aborted.
   */
  call(invoker: URL, argument: Json): Promise<Json>;
}

const here = import.meta.filename;
/** Beside this module; `.ts` from source, `.js` from the package. */
const sandboxMain = join(dirname(here), `sandbox-main${extname(here)}`);

/** Makes a user function callable. */
export function sandboxedFunction(options: UserFunctionOptions): SandboxedFunction {
  const limits = { ...defaultSandboxLimits, ...options.limits };
  return { digest: options.digest, call: (invoker, argument) => call(invoker, argument, options, limits) };
}

async function call(invoker: URL, argument: Json, options: UserFunctionOptions, limits: SandboxLimits): Promise<Json> {
  const directory = realpathSync(options.directory);
  const request: SandboxRequest = {
    bundle: pathToFileURL(join(directory, bundleModule)).href,
    exportName: options.exportName,
    invoker: pathToFileURL(realpathSync(fileURLToPath(invoker))).href,
    argument,
    timeLimitMs: limits.timeMs,
  };
  const reads = [directory, packageDirectory(sandboxMain), packageDirectory(fileURLToPath(request.invoker))];
  const end = await started(() =>
    runSandbox(sandboxMain, [...new Set(reads)], JSON.stringify(request), limits, options.signal),
  );
  if (options.onOutput) for (const line of end.output.split("\n")) if (line !== "") options.onOutput(line);
  return valueOf(end, request, options, limits);
}

/** The directory of the package that a module is in, or its own directory if it is in none. */
function packageDirectory(module: string): string {
  const path = realpathSync(module);
  return dirname(findPackageJSON(pathToFileURL(path).href) ?? path);
}

async function started(run: () => Promise<SandboxEnd>): Promise<SandboxEnd> {
  try {
    return await run();
  } catch (error) {
    throw new Retryable("sandbox-start", `Cannot start a sandbox for user code: ${String(error)}`, { cause: error });
  }
}

function valueOf(end: SandboxEnd, request: SandboxRequest, options: UserFunctionOptions, limits: SandboxLimits): Json {
  const name = options.exportName;
  if (end.stopped === "signal") throw new Cancelled(`Stopped ${name}: its execution was cancelled`);
  if (end.stopped === "time") {
    const message = `Cannot wait for ${name}: it must return within ${limits.timeMs} ms. It describes work, it doesn't do it: move data out of it`;
    throw new Terminal("user-code-timeout", message, { detail: end.output });
  }
  if (end.stopped === "reply-size") {
    const message = `Cannot take what ${name} returns as it must be at most ${limits.replyBytes} bytes of JSON`;
    throw new Terminal("user-code-result", message, { detail: end.output });
  }
  const reply = parseReply(end.reply);
  if (reply === undefined) throw endedEarly(name, end, limits);
  if (reply.kind === "threw") throw thrownBy(name, reply, request, options, end.output);
  return (reply.value ?? null) as Json;
}

function parseReply(bytes: Buffer): SandboxReply | undefined {
  try {
    return JSON.parse(bytes.toString("utf8")) as SandboxReply;
  } catch {
    return undefined;
  }
}

/** Signals that come from people and process managers, not from what the function did. */
const outsideSignals: ReadonlySet<string | null> = new Set(["SIGHUP", "SIGINT", "SIGTERM"]);

function endedEarly(name: string, end: SandboxEnd, limits: SandboxLimits): MillraceError {
  if (outsideSignals.has(end.exitSignal)) {
    return new Retryable("sandbox-ended", `Cannot finish ${name} as its process was ended by ${end.exitSignal}`);
  }
  if (/heap out of memory|Cannot allocate memory|memory allocation/i.test(end.output)) {
    const message = `Cannot run ${name} as it must do with ${limits.heapMiB} MiB of heap and ${limits.memoryMiB} MiB in all: it needs more`;
    return new Terminal("user-code-memory", message, { detail: end.output });
  }
  const how = end.exitSignal ?? `exit code ${end.exitCode ?? "unknown"}`;
  const message = `Cannot take a result from ${name} as its process ended before it returned: ${how}. A promise that nothing settles, or process.exit, does that`;
  return new Terminal("user-code", message, { detail: end.output });
}

function thrownBy(
  name: string,
  reply: Extract<SandboxReply, { kind: "threw" }>,
  request: SandboxRequest,
  options: UserFunctionOptions,
  output: string,
): MillraceError {
  if (reply.during === "invoker") {
    const message = `Cannot load the invoker ${request.invoker}: ${reply.message}`;
    return new Terminal("internal", message, { cause: withStack(reply, reply.stack) });
  }
  const mapped = userStack(reply.stack, request.bundle, join(options.directory, bundleSourceMap));
  const { file, line, column } = mapped.place;
  const where = file === undefined ? "" : `, at ${file}:${line}:${column}`;
  return new Terminal(codeOf(reply), `${name} threw ${reply.name}: ${reply.message}${where}`, {
    ...mapped.place,
    ...(reply.field === undefined ? {} : { field: reply.field }),
    cause: withStack(reply, mapped.stack),
    detail: output,
  });
}

/** The code that our own invokers give; system errors have codes of another form. */
function codeOf(reply: { readonly code?: string }): string {
  return reply.code !== undefined && /^[a-z]+(-[a-z]+)+$/.test(reply.code) ? reply.code : "user-code";
}

function withStack(reply: { readonly name: string; readonly message: string }, stack: string): Error {
  const error = new Error(reply.message);
  error.name = reply.name;
  error.stack = stack;
  return error;
}
