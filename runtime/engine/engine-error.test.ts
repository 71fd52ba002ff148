import { describe, expect, it } from "vitest";
import { Terminal } from "../model/mod.ts";
import { clickhouseCode, toEngineError } from "./engine-error.ts";

const thrown = (code: string, message = "m") => Object.assign(new Error(message), { code });

describe("toEngineError()", () => {
  it.each([
    ["159", "retryable", "engine-timeout"],
    ["210", "retryable", "engine-unavailable"],
    ["ECONNREFUSED", "retryable", "engine-unavailable"],
    ["241", "terminal", "engine-out-of-memory"],
    ["291", "terminal", "engine-cannot-read"],
    ["62", "terminal", "engine-query"],
    ["SOME_CODE", "terminal", "engine-query"],
  ])("takes %s as %s %s", (code, failureClass, expected) => {
    expect(toEngineError(thrown(code))).toMatchObject({ class: failureClass, code: expected });
  });

  it("cuts long messages and what the parser would have liked", () => {
    const { message } = toEngineError(thrown("62", "Syntax error: failed at x. Expected one of: a, b"));
    expect(message).toBe("The data engine refused a query: Syntax error: failed at x (ClickHouse 62)");
    expect(toEngineError(thrown("62", "x".repeat(10_000))).message.length).toBeLessThan(500);
  });

  it("leaves an error of ours as it is, and finds the engine's code in it", () => {
    const error = toEngineError(thrown("27"));
    expect(toEngineError(error)).toBe(error);
    expect(clickhouseCode(error)).toBe("27");
    expect(clickhouseCode(new Terminal("x", "y"))).toBeUndefined();
  });
});
