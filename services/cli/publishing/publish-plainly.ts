import { connect, errors, headers } from "@nats-io/transport-node";
import { Retryable } from "millrace/model";

/** Longest wait for the server's word that the message is stored, in milliseconds. */
const ackTimeoutMs = 10_000;

/**
 * Publishes a JSON CloudEvent as any NATS client would, with nothing of Millrace: the answer is JetStream's.
 * @returns Sequence of the message.
 * @throws {Retryable} `publish-unanswered`.
 */
export async function publishPlainly(natsUrl: string, subject: string, cloudEvent: string): Promise<number> {
  const connection = await connect({ servers: natsUrl, name: "millrace-publish" });
  try {
    const meta = headers();
    meta.set("Content-Type", "application/cloudevents+json");
    const answer = await connection.request(subject, cloudEvent, { headers: meta, timeout: ackTimeoutMs });
    const { seq, error } = answer.json<{ seq?: number; error?: { description?: string } }>();
    if (seq !== undefined) return seq;
    throw unanswered(subject, error?.description ?? answer.string());
  } catch (error) {
    if (error instanceof Retryable) throw error;
    throw unanswered(subject, error instanceof errors.TimeoutError ? notStored : String(error), error);
  } finally {
    await connection.close();
  }
}

const notStored =
  `nats-server did not store it within ${ackTimeoutMs / 1_000} s. If its disk is full, free space there ` +
  "(`millrace up` starts it again then); its log says. Publish again with the same --id: one event starts a run once";

function unanswered(subject: string, why: string, cause?: unknown): Retryable {
  return new Retryable("publish-unanswered", `Cannot publish to ${subject}: ${why}`, { cause });
}
