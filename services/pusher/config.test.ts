import { describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";

describe("readConfig()", () => {
  it("takes the push root from the environment", () => {
    expect(readConfig({ MILLRACE_PUSH_ROOT: "/models" })).toEqual({ pushRoot: "/models" });
  });

  it.each([{}, { MILLRACE_PUSH_ROOT: "" }])("names the variable if it is not set: %j", (env) => {
    expect(() => readConfig(env)).toThrowError(
      expect.objectContaining({ code: "push-root-unset", message: expect.stringContaining("MILLRACE_PUSH_ROOT") }),
    );
  });
});
