import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headOf } from "./text-head.ts";
import { TextTail } from "./text-tail.ts";

describe("TextTail", () => {
  it("keeps the end of what came in, in whole characters", () => {
    const tail = new TextTail(5);
    tail.push(Buffer.from("abc"));
    tail.push(Buffer.from("é😀"));
    expect(String(tail)).toBe("😀");
  });

  it("tells what came after a mark, as far as it is kept", () => {
    const tail = new TextTail(4);
    tail.push(Buffer.from("ab"));
    const mark = tail.total;
    expect(tail.since(mark)).toBe("");
    tail.push(Buffer.from("cd"));
    expect(tail.since(mark)).toBe("cd");
    tail.push(Buffer.from("efgh"));
    expect(tail.since(mark)).toBe("efgh");
  });

  it("is a suffix of the text within its bound, however the text is cut up", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), fc.nat(5), (text, bytesMax, step) => {
        const tail = new TextTail(bytesMax);
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += step + 1) tail.push(bytes.subarray(at, at + step + 1));
        expect(text.endsWith(String(tail))).toBe(true);
        expect(Buffer.byteLength(String(tail))).toBeLessThanOrEqual(bytesMax);
        // No more than one character, of 4 bytes at most, is given up for the bound.
        expect(Buffer.byteLength(String(tail))).toBeGreaterThan(Math.min(bytesMax, bytes.length) - 4);
      }),
    );
  });
});

describe("headOf()", () => {
  it("leaves a text within the bound as it is", () => {
    expect(headOf("äöü", 6)).toBe("äöü");
  });

  it("is a prefix in whole characters and a mark, within the bound", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 20 }), fc.integer({ min: 3, max: 19 }), (text, bytesMax) => {
        const head = headOf(text, bytesMax);
        expect(head.endsWith("…")).toBe(true);
        expect(text.startsWith(head.slice(0, -1))).toBe(true);
        expect(Buffer.byteLength(head)).toBeLessThanOrEqual(bytesMax);
      }),
    );
  });
});
