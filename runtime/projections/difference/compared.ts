import { canonicalJson, type Json } from "../../model/mod.ts";

/** A thing of two runs, side by side; null where one of them has none. */
export interface Compared {
  readonly name: string;
  readonly was: Json;
  readonly is: Json;
  readonly equal: boolean;
  /** Of numbers: `is - was`, divided by `was`; null where that says nothing. */
  readonly change: number | null;
}

/** Two values side by side. */
export function compared(name: string, was: Json, is: Json): Compared {
  const equal = canonicalJson(was) === canonicalJson(is);
  const numbers = typeof was === "number" && typeof is === "number" && was !== 0;
  return { name, was, is, equal, change: numbers && !equal ? (is - was) / Math.abs(was) : null };
}

/** The members of two records side by side, in their order. */
export function comparedMembers(
  was: Readonly<Record<string, Json>>,
  is: Readonly<Record<string, Json>>,
): readonly Compared[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].map((name) =>
    compared(name, was[name] ?? null, is[name] ?? null),
  );
}
