import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../contracts/millrace/event/v1/event.ts";
import { encodeEvent, eventBytesMax, newEventId, readEvent } from "./event-codec.ts";
import { eventHeaders, traceparentOf } from "./event-headers.ts";

const nudged = (reason: string): Event => ({ id: newEventId(), body: { $case: "nudged", value: { reason } } });

describe("encodeEvent() and readEvent()", () => {
  it("round-trip any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (reason) => {
        const event = nudged(reason);
        expect(readEvent(encodeEvent(event))).toMatchObject({
          kind: "event",
          event: { id: event.id, body: event.body },
        });
      }),
    );
  });

  it("refuse an event over the bound, naming its type and size", () => {
    const error = expect.objectContaining({
      code: "event-too-large",
      message: expect.stringContaining("nudged") as string,
    });
    expect(() => encodeEvent(nudged("x".repeat(eventBytesMax)))).toThrow(error as Error);
  });
});

describe("readEvent()", () => {
  it("answers whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        expect(["event", "unknown", "undecodable"]).toContain(readEvent(data).kind);
      }),
    );
  });

  it("keeps an event whose body it does not know", () => {
    const bytesOfField99 = Uint8Array.of(0x9a, 0x06, 0x01, 0x78);
    const data = Buffer.concat([encodeEvent({ id: newEventId() }), bytesOfField99]);
    const read = readEvent(data);
    expect(read.kind).toBe("unknown");
    expect(read.kind === "unknown" && Buffer.from(encodeEvent(read.event)).equals(data)).toBe(true);
  });

  it("takes bytes without an event id for a stranger's", () => {
    expect(readEvent(new TextEncoder().encode("{}"))).toMatchObject({ kind: "undecodable" });
    expect(readEvent(new Uint8Array())).toMatchObject({ kind: "undecodable" });
  });
});

describe("traceparentOf()", () => {
  const run = "0af7651916cd43dd8448eb211c80319c";
  const eventId = "b7ad6b716920333155555555aaaaaaaa";

  it("makes the run the trace and the event the span", () => {
    const expected = `00-${run}-b7ad6b7169203331-01`;
    expect(traceparentOf(`mr.run.penguins.${run}._._.started`, eventId)).toBe(expected);
    expect(traceparentOf(`mr.run.penguins.${run}.trainer.model.artifact.Model.model`, eventId)).toBe(expected);
  });

  it("gives what belongs to no run no trace", () => {
    expect(traceparentOf("mr.dataset.penguins", eventId)).toBeUndefined();
    expect(traceparentOf("mr.run.penguins.by-hand._._.started", eventId)).toBeUndefined();
  });
});

describe("eventHeaders()", () => {
  it("are CloudEvents in binary mode with lowercase names", () => {
    const event: Event = {
      id: newEventId(),
      body: { $case: "runFailed", value: { epoch: 0, heads: [], node: "", code: "", message: "" } },
    };
    expect(eventHeaders(event, { source: 'Müller & "Söhne" 100%', traceparent: "00-a-b-01" })).toEqual({
      "ce-specversion": "1.0",
      "ce-id": event.id,
      "ce-source": "M%C3%BCller%20&%20%22S%C3%B6hne%22%20100%25",
      "ce-type": "millrace.run.failed.v1",
      "ce-datacontenttype": "application/protobuf",
      traceparent: "00-a-b-01",
    });
  });
});
