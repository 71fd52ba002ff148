import { describe, expect, it } from "vitest";
import { destinationToken } from "./pusher.ts";

describe("destinationToken()", () => {
  it("is the token of the destination that the parameters name", () => {
    expect(destinationToken('{"to":"serving/penguins"}')).toBe("serving_2fpenguins");
  });

  it.each(["{}", '{"to":7}', '{"to":"../outside"}'])("refuses %s", (parameters) => {
    expect(() => destinationToken(parameters)).toThrowError(expect.objectContaining({ code: "bad-destination" }));
  });
});
