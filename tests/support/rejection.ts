import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { decodeWithBuf } from "./decode-with-buf.ts";

/** The refusal of a message, as soon as it is on the log: read with nothing but a NATS client and the .proto files. */
export async function rejectionOf(
  natsUrl: string,
  dataset: string,
  sequence: number,
): Promise<{ code: string; message: string }> {
  const connection = await connect({ servers: natsUrl });
  try {
    const consumer = await jetstream(connection).consumers.get("mr", { filter_subjects: [`mr.rejected.${dataset}`] });
    for await (const message of await consumer.consume()) {
      const { datasetRejected } = decodeWithBuf(message.data) as {
        datasetRejected?: { sequence: string; code: string; message: string };
      };
      if (datasetRejected?.sequence === String(sequence)) return datasetRejected;
    }
    throw new Error("the log ended");
  } finally {
    await connection.close();
  }
}
