import { connect, headers } from "@nats-io/transport-node";
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
    throw error instanceof Retryable ? error : unanswered(subject, String(error), error);
  } finally {
    await connection.close();
  }
}

function unanswered(subject: string, why: string, cause?: unknown): Retryable {
  return new Retryable("publish-unanswered", `Cannot publish to ${subject}: ${why}`, { cause });
}
