import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Engine, literal, openEngine } from "../engine/mod.ts";
import { fingerprint64 } from "./fingerprint.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

it("fingerprint64() is the engine's farmFingerprint64, at every length", async () => {
  const texts = Array.from({ length: 300 }, (_, length) => fc.string({ minLength: length, maxLength: length }));
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), ...texts);
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 200, maxLength: 400 }), async (samples) => {
      const rows = await engine.query<{ hash: string }>(
        `SELECT toString(farmFingerprint64(arrayJoin([${samples.map(literal).join(", ")}]))) AS hash`,
      );
      expect(samples.map((sample) => String(fingerprint64(sample)))).toEqual(rows.map(({ hash }) => hash));
    }),
    { numRuns: 10 },
  );
});
