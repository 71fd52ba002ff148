import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRequestJson } from "./request-json.ts";
import { shortFloat, writeResponseJson } from "./response-json.ts";

describe("parseRequestJson()", () => {
  it("reads NaN and the infinities as numbers", () => {
    expect(parseRequestJson('{"a": [NaN, -Infinity, Infinity, 1.5]}')).toEqual({
      a: [Number.NaN, -Infinity, Infinity, 1.5],
    });
  });

  it("leaves them alone inside strings, behind escaped quotes too", () => {
    const value = { 'NaN"': 'a \\" NaN', b: "-Infinity" };
    expect(parseRequestJson(`[NaN, ${JSON.stringify(value)}]`)).toEqual([Number.NaN, value]);
  });

  it("reads plain JSON as it is", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseRequestJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(["", "{", "[NaNa]", '{"a": Infinit}', "nan"])("refuses %j with status 400", (text) => {
    expect(() => parseRequestJson(text)).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe("shortFloat()", () => {
  it("is the same 32-bit float, in nine digits at most", () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const short = shortFloat(value);
        expect(Math.fround(short)).toBe(value === 0 ? 0 : value);
        const mantissa = short.toExponential().split("e")[0]!;
        if (Number.isFinite(value)) expect(mantissa.replace(/\D/g, "").length).toBeLessThanOrEqual(9);
      }),
    );
  });

  it.each([
    [0.1, "0.1"],
    [0.977331, "0.977331"],
    [3, "3"],
    [1e-7, "1e-7"],
    [Number.NaN, "NaN"],
    [-Infinity, "-Infinity"],
  ])("writes the float nearest %d as %s", (value, text) => {
    expect(writeResponseJson(shortFloat(Math.fround(value)))).toBe(text);
  });
});

describe("writeResponseJson()", () => {
  it("writes what JSON has as JSON does", () => {
    const plain = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(plain, (value) => {
        expect(JSON.parse(writeResponseJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("writes NaN and the infinities as tokens", () => {
    expect(writeResponseJson({ a: [Number.NaN], b: Infinity })).toBe('{"a":[NaN],"b":Infinity}');
  });
});
