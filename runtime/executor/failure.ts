import type { ExecutionFailed } from "../contracts/millrace/component/v1/executor.ts";
import { FailureClass, type Failure } from "../contracts/millrace/event/v1/event.ts";
import { Cancelled, Retryable, Terminal, toMillraceError, type MillraceError } from "../model/mod.ts";
import { headOf } from "./text-head.ts";
import { TextTail } from "./text-tail.ts";

/** Bounds that keep a failure well below an event's 64 KiB. */
const messageBytesMax = 8 << 10;
const stackBytesMax = 16 << 10;

/** What is kept of an executor's stderr. */
export const stderrTailBytesMax = 4 << 10;

/**
 * A failure as the log holds it. The stack is that of the error's cause: for user code it is in the author's files,
 * and for errors of ours that name a place a stack would say less than the message.
 */
export function failureOf(error: MillraceError): Failure {
  const stack = error.cause instanceof Error ? (error.cause.stack ?? "") : "";
  return {
    code: error.code,
    message: headOf(error.message, messageBytesMax),
    file: error.place.file ?? "",
    line: error.place.line ?? 0,
    column: error.place.column ?? 0,
    stack: headOf(stack, stackBytesMax),
    stderrTail: lastBytes(error.detail ?? ""),
  };
}

/** Converts whatever an execution threw into its last report. */
export function executionFailed(thrown: unknown): ExecutionFailed {
  const error = toMillraceError(thrown);
  const retryable = error.class === "retryable";
  return {
    class: retryable ? FailureClass.FAILURE_CLASS_RETRYABLE : FailureClass.FAILURE_CLASS_TERMINAL,
    failure: failureOf(error),
    retryAfterMs: BigInt(error.retryAfterMs ?? 0),
    cancelled: error.class === "cancelled",
  };
}

/**
 * Converts an execution's last report back into an error, as the agent throws it.
 * @param stderr What the executor printed meanwhile; taken if the report brings nothing of its own.
 */
export function errorOfExecution(failed: ExecutionFailed, stderr: string): MillraceError {
  const failure = failed.failure ?? failureOf(new Terminal("internal", "The executor gave no reason"));
  const { code, message, file, line, column, stack, stderrTail } = failure;
  const options = {
    ...(file === "" ? {} : { file }),
    ...(line === 0 ? {} : { line }),
    ...(column === 0 ? {} : { column }),
    ...(stack === "" ? {} : { cause: errorWithStack(message, stack) }),
    detail: stderrTail === "" ? lastBytes(stderr) : stderrTail,
    ...(failed.retryAfterMs > 0n ? { retryAfterMs: Number(failed.retryAfterMs) } : {}),
  };
  if (failed.cancelled) return new Cancelled(message, options);
  if (failed.class === FailureClass.FAILURE_CLASS_RETRYABLE) return new Retryable(code, message, options);
  return new Terminal(code, message, options);
}

function errorWithStack(message: string, stack: string): Error {
  const error = new Error(message);
  error.stack = stack;
  return error;
}

function lastBytes(text: string): string {
  const tail = new TextTail(stderrTailBytesMax);
  tail.push(Buffer.from(text));
  return String(tail);
}
