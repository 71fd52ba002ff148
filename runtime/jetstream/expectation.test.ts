import { headers, type Msg } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { expectedBy, headerTextOf, writtenOut } from "./expectation.ts";

const text = (...lines: readonly string[]): string => ["NATS/1.0", ...lines, "", ""].join("\r\n");
const expectation = "Nats-Expected-Last-Subject-Sequence";

describe("expectedBy()", () => {
  it.each([
    ["0", text(`${expectation}: 0`), 0],
    ["a number among others", text("ce-id: 7", `${expectation}: 41`, "traceparent: 00-a-b-01"), 41],
    ["without a blank", text(`${expectation}:5`), 5],
    ["none", text("ce-id: 7"), undefined],
    ["no headers", "", undefined],
    ["two", text(`${expectation}: 0`, `${expectation}: 7`), undefined],
    ["another subject's", text(`${expectation}: 0`, `${expectation}-Subject: mr.x`), undefined],
    ["no number", text(`${expectation}: x`), undefined],
    ["a value that looks like one", text(`ce-id: ${expectation}: 3`), undefined],
  ])("reads %s", (_what, stored, expected) => {
    expect(expectedBy(stored)).toBe(expected);
  });
});

describe("headerTextOf()", () => {
  it("is what the client's headers say, where its buffer is not to be had", () => {
    const written = headers();
    written.set("ce-id", "7");
    written.set(expectation, "3");
    const message = { headers: written } as Msg;
    expect(headerTextOf(message)).toBe(writtenOut(message));
    expect(expectedBy(headerTextOf(message))).toBe(3);
  });
});
