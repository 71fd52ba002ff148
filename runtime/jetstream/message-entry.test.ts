import { describe, expect, it } from "vitest";
import { parseDeliveryInfo, parseTime } from "./message-entry.ts";

describe("parseDeliveryInfo()", () => {
  const expected = { count: 2, sequence: 17, consumerSequence: 9, timeMs: 1_790_000_000_123, pending: 5 };

  it.each([
    ["short", "$JS.ACK.mr.mill-0a.2.17.9.1790000000123999789.5"],
    ["with domain and account", "$JS.ACK.hub.ABCDEF.mr.mill-0a.2.17.9.1790000000123999789.5"],
    ["with a token behind", "$JS.ACK._.ABCDEF.mr.mill-0a.2.17.9.1790000000123999789.5.Xy7"],
  ])("reads the %s form", (_form, reply) => {
    expect(parseDeliveryInfo(reply)).toEqual(expected);
  });
});

describe("parseTime()", () => {
  it("cuts nanoseconds as a delivery's time is cut", () => {
    expect(parseTime("2026-09-21T14:13:20.123999789Z")).toBe(1_790_000_000_123);
    expect(parseTime("2026-09-21T14:13:20Z")).toBe(1_790_000_000_000);
  });
});
