import { status } from "@grpc/grpc-js";
import type { MillraceError } from "millrace/model";

/** Codes of requests that are well-formed, and about something that isn't there or isn't in a state for them. */
const byCode: Readonly<Record<string, status>> = {
  "unknown-run": status.NOT_FOUND,
  "not-ended": status.FAILED_PRECONDITION,
  "already-ended": status.FAILED_PRECONDITION,
  "nothing-to-resume": status.FAILED_PRECONDITION,
  "graph-changed": status.FAILED_PRECONDITION,
  "seed-changed": status.FAILED_PRECONDITION,
  "finished-node-changed": status.FAILED_PRECONDITION,
};

const byClass = {
  retryable: status.UNAVAILABLE,
  cancelled: status.CANCELLED,
  terminal: status.INVALID_ARGUMENT,
} as const;

/** How an error looks to gRPC clients; its code stands first in the message. */
export function errorStatus(error: MillraceError): { readonly code: status; readonly message: string } {
  return { code: byCode[error.code] ?? byClass[error.class], message: `${error.code}: ${error.message}` };
}
