// What runs inside the sandbox: one call of one user function. Request on stdin, reply on descriptor 3.
import { readFileSync, writeFileSync } from "node:fs";

/** One call, as the executor asks for it. */
export interface SandboxRequest {
  /** URL of the bundle's module. */
  readonly bundle: string;
  readonly exportName: string;
  /** URL of the module that exports `invoke`. */
  readonly invoker: string;
  readonly argument: unknown;
  /** After so many milliseconds it ends by itself, should its parent be gone. */
  readonly timeLimitMs: number;
}

/** What came of it; `during` tells whose code failed. */
export type SandboxReply =
  | { readonly kind: "returned"; readonly value: unknown }
  | {
      readonly kind: "threw";
      readonly during: "invoker" | "bundle" | "call";
      readonly name: string;
      readonly message: string;
      readonly stack: string;
      readonly code?: string;
      readonly field?: string;
    };

const replyDescriptor = 3;

Error.stackTraceLimit = 50;
const request = JSON.parse(readFileSync(0, "utf8")) as SandboxRequest;
setTimeout(() => process.exit(1), request.timeLimitMs).unref();

let during: "invoker" | "bundle" | "call" = "invoker";
try {
  const invoker = (await import(request.invoker)) as { invoke(fn: unknown, argument: unknown): unknown };
  during = "bundle";
  const bundle = (await import(request.bundle)) as Readonly<Record<string, unknown>>;
  during = "call";
  const value = await invoker.invoke(bundle[request.exportName], request.argument);
  reply({ kind: "returned", value });
} catch (error) {
  reply({ kind: "threw", during, ...describe(error) });
}

function reply(message: SandboxReply): void {
  writeFileSync(replyDescriptor, JSON.stringify(message));
}

function describe(thrown: unknown): Omit<Extract<SandboxReply, { kind: "threw" }>, "kind" | "during"> {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: "" };
  const { code, field, place } = thrown as { code?: unknown; field?: unknown; place?: { field?: unknown } };
  const named = field ?? place?.field;
  return {
    name: thrown.name,
    message: thrown.message,
    // The author's code may have put anything there.
    stack: typeof thrown.stack === "string" ? thrown.stack : "",
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof named === "string" ? { field: named } : {}),
  };
}
