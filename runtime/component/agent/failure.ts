import type { Failure } from "../../contracts/millrace/event/v1/event.ts";
import type { MillraceError } from "../../model/mod.ts";

/** Most of a text that a failure carries in the log, in characters; an event holds 64 KiB. */
const textMax = { message: 4_096, stack: 8_192, stderrTail: 4_096 };

/** A failure as the log carries it: bounded, with the user's place and the executor's last words. */
export function failureOf(error: MillraceError): Failure {
  const { file = "", line = 0, column = 0 } = error.place;
  return {
    code: error.code,
    message: head(error.message, textMax.message),
    file,
    line,
    column,
    stack: head(stackOf(error), textMax.stack),
    stderrTail: tail(error.detail ?? "", textMax.stderrTail),
  };
}

function stackOf(error: MillraceError): string {
  const { cause } = error;
  return (cause instanceof Error ? cause.stack : undefined) ?? error.stack ?? "";
}

function head(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}

function tail(text: string, max: number): string {
  return text.length <= max ? text : text.slice(text.length - max);
}
