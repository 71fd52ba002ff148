import { describe, expect, it } from "vitest";
import { Cancelled, Retryable, Terminal } from "../model/mod.ts";
import { errorOfExecution, executionFailed, failureOf } from "./failure.ts";

describe("executionFailed() and errorOfExecution()", () => {
  it.each([
    ["terminal", new Terminal("csv-ragged-row", "Row 3", { file: "data.csv", line: 3, column: 5, detail: "noise" })],
    ["retryable", new Retryable("server-away", "Later", { retryAfterMs: 250 })],
    ["cancelled", new Cancelled("Stopped")],
  ])("carry a %s error across unchanged", (_class, error) => {
    const { class: failureClass, code, message, place, retryAfterMs } = error;
    const back = errorOfExecution(executionFailed(error), "");
    expect(back).toMatchObject({ class: failureClass, code, message, place });
    expect(back.retryAfterMs).toBe(retryAfterMs);
    expect(back.detail).toBe(error.detail ?? "");
  });

  it("carry the stack of an unexpected error", () => {
    const bug = new TypeError("a bug");
    const back = errorOfExecution(executionFailed(bug), "printed");
    expect(failureOf(back)).toMatchObject({ code: "internal", stack: bug.stack, stderrTail: "printed" });
  });

  it("take anything that is thrown", () => {
    expect(executionFailed("text")).toMatchObject({ failure: { code: "internal", message: "text" }, cancelled: false });
    expect(executionFailed(undefined).failure?.message).toBe("undefined");
  });

  it("bound message, stack and what was printed below an event's size", () => {
    const cause = new Error("long");
    cause.stack = "s".repeat(100_000);
    const error = new Terminal("long", "m".repeat(100_000), { cause, detail: "d".repeat(100_000) });
    const { message, stack, stderrTail } = failureOf(error);
    expect([message.length, stack.length, stderrTail.length].every((length) => length < 20_000)).toBe(true);
    expect(stderrTail).toHaveLength(4_096);
  });
});
