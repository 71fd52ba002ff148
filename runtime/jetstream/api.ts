import type { MillraceError } from "../model/mod.ts";
import { Retryable, Terminal } from "../model/mod.ts";
import type { Requests } from "./requests.ts";

/** Errors of JetStream that this adapter tells apart. Source: nats-server, server/errors.json. */
export const errorCodes = {
  streamNotFound: 10_059,
  streamNameInUse: 10_058,
  noMessageFound: 10_037,
  wrongLastSequence: 10_071,
  appendInFlight: 10_164,
  duplicateInProcess: 10_158,
  consumerExists: 10_148,
  consumerNotFound: 10_014,
} as const;

/** An error as JetStream writes it into its JSON answers. */
export interface ApiError {
  /** Like an HTTP status. */
  readonly code: number;
  readonly err_code?: number;
  readonly description?: string;
}

/** A JSON answer that may be an error instead. */
export type ApiAnswer<T> = T & { readonly error?: ApiError };

/** Calls JetStream's JSON API; what is refused comes back as `error`. */
export async function callApi<T>(requests: Requests, subject: string, body: object): Promise<ApiAnswer<T>> {
  const answer = await requests.one(`$JS.API.${subject}`, JSON.stringify(body));
  return answer.json<ApiAnswer<T>>();
}

/** The error of a refused call: retryable where the server says it cannot now, terminal where it never will. */
export function apiFailure(action: string, error: ApiError): MillraceError {
  const message = `Cannot ${action}: nats-server answered "${error.description ?? "error"}" (${error.code}, ${error.err_code ?? 0})`;
  const passing = error.code === 408 || error.code === 429 || error.code >= 500;
  return passing ? new Retryable("log-unavailable", message) : new Terminal("log-refused", message);
}
