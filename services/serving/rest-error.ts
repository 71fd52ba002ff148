import type { MillraceError } from "millrace/model";

/** An error with the HTTP status that TensorFlow Serving answers it with. */
export class RestError extends Error {
  override readonly name = "RestError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** 400, TensorFlow's INVALID_ARGUMENT. */
export function invalidArgument(message: string): RestError {
  return new RestError(400, message);
}

/**
 * 404, TensorFlow's NOT_FOUND, in TensorFlow Serving's words.
 * @param version Version asked for; undefined is the latest.
 */
export function servableNotFound(model: string, version: string | undefined): RestError {
  const request = version === undefined ? `Latest(${model})` : `Specific(${model}, ${version})`;
  return new RestError(404, `Servable not found for request: ${request}`);
}

/** Statuses by error code; what isn't here is the server's fault. */
const statuses: Readonly<Record<string, number>> = {
  "invalid-value": 400,
  "ragged-batch": 400,
  cancelled: 504,
};

/** The HTTP status of an error of the library. */
export function statusOf(error: MillraceError): number {
  return statuses[error.code] ?? 500;
}
