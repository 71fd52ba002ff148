import { randomBytes } from "node:crypto";
import { connect, headers, type NatsConnection } from "@nats-io/transport-node";
import { Event } from "millrace/contracts/millrace/event/v1/event.ts";

type Body = NonNullable<Event["body"]>;

const randomId = (): string => randomBytes(16).toString("hex");

/** Someone with a NATS client and bad intentions, or bad luck. */
export class Stranger implements AsyncDisposable {
  readonly #connection: NatsConnection;
  /** Messages that are in the log by now, by what they are. */
  readonly published = new Map<string, number>();

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  static async arrive(natsUrl: string): Promise<Stranger> {
    return new Stranger(await connect({ servers: natsUrl }));
  }

  /** Publishes anything on any subject. @returns its sequence. */
  async publish(what: string, subject: string, data: Uint8Array, withHeaders: Readonly<Record<string, string>> = {}) {
    const meta = headers();
    for (const [name, value] of Object.entries(withHeaders)) meta.set(name, value);
    const answer = await this.#connection.request(subject, data, { headers: meta, timeout: 10_000 });
    this.published.set(what, (this.published.get(what) ?? 0) + 1);
    return answer.json<{ seq: number }>().seq;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }
}

/** What one may make of a message of the log without understanding it. */
export function garbageOf(data: Uint8Array): readonly (readonly [what: string, data: Uint8Array])[] {
  const flipped = data.slice();
  for (let at = 3; at < flipped.length; at += 17) flipped[at] = (flipped[at] ?? 0) ^ 0x55;
  return [
    ["random bytes", randomBytes(1 + Math.floor(Math.random() * 200))],
    ["nothing", new Uint8Array()],
    ["a part", data.slice(0, Math.floor(data.length / 2))],
    ["flipped bits", flipped],
    ["a copy", data],
    ["text", Buffer.from('{"hello": "\u001b[2J"}')],
  ];
}

/** A well-formed event that cannot follow from what is there: its predecessor is no message. */
export function forged(body: Body, state?: Event["state"]): Uint8Array {
  return Event.encode({
    id: randomId(),
    previous: { sequence: 1n, eventId: randomId() },
    body,
    ...(state === undefined ? {} : { state }),
  }).finish();
}

/** The first message of a chain that has begun already. */
export function forgedFirst(body: Body, state?: Event["state"]): Uint8Array {
  return Event.encode({ id: randomId(), body, ...(state === undefined ? {} : { state }) }).finish();
}

/** An event of a kind that no version knows yet: a field of `Event.body` that is not there. */
export function fromTheFuture(): Uint8Array {
  const known = Event.encode({ id: randomId() }).finish();
  return Buffer.concat([known, field(3_999, Buffer.from("what is to come"))]);
}

/** A length-delimited protobuf field. */
export function field(number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}
