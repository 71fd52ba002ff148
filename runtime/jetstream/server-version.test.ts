import { describe, expect, it } from "vitest";
import { isNewEnough } from "./server-version.ts";

describe("isNewEnough()", () => {
  it.each([
    ["nats-server: v2.15.1", true],
    ["2.11.0", true],
    ["2.11.0-RC.1", true],
    ["3.0.0", true],
    ["nats-server: v2.9.10", false],
    ["2.10.29", false],
    ["nats-server: unknown", false],
  ])("judges %j as %j", (version, expected) => {
    expect(isNewEnough(version)).toBe(expected);
  });
});
