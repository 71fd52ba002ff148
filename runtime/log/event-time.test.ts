import { describe, expect, it } from "vitest";
import { momentMs, eventPlace } from "./event-time.ts";

const event = { id: "0".repeat(32), body: undefined };

describe("eventPlace()", () => {
  it("is the log's own place of what was written here", () => {
    expect(eventPlace(event, { sequence: 7, timeMs: 1_000 })).toEqual({ sequence: 7, timeMs: 1_000 });
  });

  it("is this log's sequence and the first log's time of what was imported", () => {
    const importedFrom = { sequence: 3n, timeMs: 500n };
    expect(eventPlace({ ...event, importedFrom }, { sequence: 7, timeMs: 1_000 })).toEqual({
      sequence: 7,
      timeMs: 500,
    });
  });
});

describe("momentMs()", () => {
  it.each([
    ["the server's time, of what was written here", undefined, 1_000],
    ["the time in the log that it came with", "500", 500],
    ["never after it was stored, whatever a stranger says", "2000", 1_000],
    ["the server's time, where the header is no time", "yesterday", 1_000],
  ])("is %s", (_case, header, expected) => {
    const headers = new Map(header === undefined ? [] : [["millrace-imported-time", header]]);
    expect(momentMs({ timeMs: 1_000, headers })).toBe(expected);
  });
});
