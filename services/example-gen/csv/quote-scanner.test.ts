import { array, assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { type QuoteFault, QuoteScanner } from "./quote-scanner.ts";

function scan(chunks: readonly Buffer[]): QuoteFault | undefined {
  const scanner = new QuoteScanner();
  for (const chunk of chunks) {
    const fault = scanner.scan(chunk);
    if (fault !== undefined) return fault;
  }
  return scanner.end();
}

describe("QuoteScanner", () => {
  it.each([
    ["", undefined],
    ["a,b\n", undefined],
    ['"a"', undefined],
    ['"a""b",c\r\n"d"', undefined],
    ['""', undefined],
    ['a"b,c"\n', undefined],
    ['\uFEFF"a\n', { kind: "open-quote", offset: 3 }],
    ['a,"b\n"c', { kind: "stray-quote", offset: 5 }],
    ['a,"b""', { kind: "open-quote", offset: 2 }],
    ['"', { kind: "open-quote", offset: 0 }],
    ['"a" ,b', { kind: "stray-quote", offset: 2 }],
  ])("finds in %j: %j", (text, fault) => expect(scan([Buffer.from(text)])).toEqual(fault));

  it("finds the same wherever the file is cut into chunks", () => {
    const text = array(constantFrom('"', ",", "\n", "\r", "a"), { maxLength: 30 }).map((parts) =>
      Buffer.from(parts.join("")),
    );
    assert(
      property(text, integer({ min: 0, max: 30 }), integer({ min: 0, max: 30 }), (bytes, one, other) => {
        const [first, second] = [Math.min(one, other), Math.max(one, other)];
        const cut = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expect(scan(cut)).toEqual(scan([bytes]));
      }),
    );
  });
});
