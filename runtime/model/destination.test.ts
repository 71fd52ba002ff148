import { property, assert, stringMatching, array } from "fast-check";
import { describe, expect, it } from "vitest";
import { isDestination, parseDestination, targetToken } from "./destination.ts";
import { isToken } from "./token.ts";

describe("parseDestination()", () => {
  it.each(["serving", "serving/penguins", "a.b/c_d/e-f", "v2/models"])("accepts %s", (to) => {
    expect(parseDestination(to)).toBe(to);
  });

  it.each([
    "",
    "/serving",
    "serving/",
    "a//b",
    "..",
    "a/../b",
    ".hidden/a",
    "a/.b",
    "a\\b",
    "a/17",
    "a b",
    "ä",
    "a\0b",
  ])("refuses %j", (to) => {
    expect(() => parseDestination(to)).toThrowError(expect.objectContaining({ code: "bad-destination" }));
  });
});

describe("targetToken()", () => {
  it.each([
    ["penguins", "penguins"],
    ["serving/penguins", "serving_2fpenguins"],
    ["a_b/c.d-e", "a_5fb_2fc_2ed-e"],
  ])("escapes %s", (to, token) => {
    expect(targetToken(to)).toBe(token);
  });

  it("shortens what is too long, so that equal beginnings stay different", () => {
    const [one, two] = [`${"long/".repeat(20)}a`, `${"long/".repeat(20)}b`].map(targetToken);
    expect(one).toHaveLength(64);
    expect(one).not.toBe(two);
  });

  it("is a token, and never the same for two destinations", () => {
    const destination = array(stringMatching(/^[a-c_.-]{1,24}$/), { minLength: 1, maxLength: 3 })
      .map((segments) => segments.join("/"))
      .filter(isDestination);
    assert(
      property(destination, destination, (one, two) => {
        expect(isToken(targetToken(one))).toBe(true);
        expect(targetToken(one) === targetToken(two)).toBe(one === two);
      }),
    );
  });
});
