/** What happens next about an error: tried again, given up, or stopped on request. */
export type FailureClass = "retryable" | "terminal" | "cancelled";

/** Where in a user's file an error is; lines and columns count from 1. */
export interface SourcePlace {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Field, feature or parameter, where that says more than a line. */
  readonly field?: string;
}

export interface MillraceErrorOptions extends SourcePlace {
  readonly cause?: unknown;
  /** Shortest time to the next attempt, in milliseconds; for retryable errors. */
  readonly retryAfterMs?: number;
  /** Text for people below the message, for example a child's stderr. */
  readonly detail?: string;
}

/**
 * An error with a stable code, the class that says what happens next, and the place it names.
 * Programs branch on `code` and `class`, never on the message.
 */
export class MillraceError extends Error {
  override readonly name: string = "MillraceError";
  readonly code: string;
  readonly class: FailureClass;
  readonly place: SourcePlace;
  readonly retryAfterMs: number | undefined;
  readonly detail: string | undefined;

  constructor(failureClass: FailureClass, code: string, message: string, options: MillraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { cause: _cause, retryAfterMs, detail, ...place } = options;
    this.code = code;
    this.class = failureClass;
    this.place = place;
    this.retryAfterMs = retryAfterMs;
    this.detail = detail;
  }
}

/** An error after which the same attempt may succeed later (a server away, a timeout). */
export class Retryable extends MillraceError {
  override readonly name: string = "Retryable";
  constructor(code: string, message: string, options: MillraceErrorOptions = {}) {
    super("retryable", code, message, options);
  }
}

/** An error that the same inputs and code will always give. */
export class Terminal extends MillraceError {
  override readonly name: string = "Terminal";
  constructor(code: string, message: string, options: MillraceErrorOptions = {}) {
    super("terminal", code, message, options);
  }
}

/** Work stopped because someone asked for it. */
export class Cancelled extends MillraceError {
  override readonly name: string = "Cancelled";
  constructor(message: string, options: MillraceErrorOptions = {}) {
    super("cancelled", "cancelled", message, options);
  }
}

/**
 * Converts anything thrown into a MillraceError; the one place where `unknown` is looked at.
 * An error without a code is taken as terminal with code `internal`, its stack kept as the cause.
 */
export function toMillraceError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  if (thrown instanceof Error) {
    if (thrown.name === "AbortError") return new Cancelled(thrown.message, { cause: thrown });
    return new Terminal("internal", thrown.message, { cause: thrown });
  }
  return new Terminal("internal", String(thrown));
}
