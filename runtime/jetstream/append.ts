import { headers } from "@nats-io/transport-node";
import type { Appended, AppendOptions } from "../log/mod.ts";
import { type ApiError, apiFailure, errorCodes } from "./api.ts";
import type { Requests } from "./requests.ts";

interface PubAck {
  readonly seq: number;
  readonly error?: ApiError;
}

/** Publishes into the stream and reads the server's answer. */
export async function append(
  requests: Requests,
  subject: string,
  data: Uint8Array,
  options: AppendOptions,
): Promise<Appended> {
  const sent = headers();
  if (options.expectLastSequence !== undefined)
    sent.set("Nats-Expected-Last-Subject-Sequence", String(options.expectLastSequence));
  if (options.expectStreamSequence !== undefined)
    sent.set("Nats-Expected-Last-Sequence", String(options.expectStreamSequence));
  for (const [name, value] of Object.entries(options.headers ?? {})) sent.set(name, value);
  const ack = (await requests.stored(subject, data, sent)).json<PubAck>();
  if (ack.error === undefined) return { kind: "appended", sequence: ack.seq };
  switch (ack.error.err_code) {
    case errorCodes.wrongLastSequence:
      return { kind: "refused", reason: "wrong-sequence" };
    case errorCodes.appendInFlight:
    case errorCodes.duplicateInProcess:
      return { kind: "refused", reason: "in-flight" };
    default:
      throw apiFailure(`append to ${subject}`, ack.error);
  }
}
