import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";

describe("readConfig()", () => {
  it("needs the models' directory alone", () => {
    expect(readConfig({ MILLRACE_MODEL_BASE: "/models" })).toEqual({
      modelBase: "/models",
      host: "127.0.0.1",
      port: 0,
      pollMs: 200,
      requestTimeoutMs: 30_000,
      requestBytesMax: 16_777_216,
    });
  });

  it.each([
    ["127.0.0.1:8501", "127.0.0.1", 8501],
    ["[::1]:0", "[::1]", 0],
  ])("takes %s apart", (MILLRACE_REST_ADDRESS, host, port) => {
    expect(readConfig({ MILLRACE_MODEL_BASE: "/models", MILLRACE_REST_ADDRESS })).toMatchObject({ host, port });
  });

  it.each([
    [{}, /MILLRACE_MODEL_BASE must be the directory .*: it is not set/],
    [
      { MILLRACE_MODEL_BASE: "/models", MILLRACE_POLL_MS: "often" },
      /MILLRACE_POLL_MS must be a whole number from 10: it is "often"/,
    ],
    [
      { MILLRACE_MODEL_BASE: "/models", MILLRACE_REST_ADDRESS: "8501" },
      /MILLRACE_REST_ADDRESS must be <host>:<port>: it is "8501"/,
    ],
  ])("refuses %j, naming the variable", (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});
