import { Terminal } from "../model/mod.ts";

/** One slice: feature and value, in the order of its slicing spec. The empty one is the overall slice. */
export type SliceKey = readonly (readonly [feature: string, value: string])[];

/** Features whose value combinations make slices; the empty one makes the overall slice. Source: TFMA SlicingSpec. */
export type SlicingSpec = readonly string[];

/**
 * Slicing specs as they are computed: the overall slice first, then each once, in the given order.
 *
 * @param available Raw features of the examples.
 * @throws {Terminal} `no-such-feature`; `duplicate-slice-feature`.
 */
export function planSlices(specs: readonly SlicingSpec[], available: readonly string[]): SlicingSpec[] {
  const planned = new Map<string, SlicingSpec>([["[]", []]]);
  for (const spec of specs) {
    for (const feature of spec) requireFeature(feature, available);
    if (new Set(spec).size < spec.length) {
      throw new Terminal(
        "duplicate-slice-feature",
        `Cannot slice by ${JSON.stringify(spec)}: each feature may be named once in a slice; remove the repeated one`,
        { field: "slices" },
      );
    }
    planned.set(JSON.stringify(spec), spec);
  }
  return [...planned.values()];
}

function requireFeature(feature: string, available: readonly string[]): void {
  if (available.includes(feature)) return;
  throw new Terminal(
    "no-such-feature",
    `Cannot slice by ${JSON.stringify(feature)}: the examples have the features ${available.join(", ")}; name one of them`,
    { field: feature },
  );
}

/** Features of all specs, each once, in the order in which they first occur. */
export function sliceFeatures(specs: readonly SlicingSpec[]): string[] {
  return [...new Set(specs.flat())];
}

/** A slice's name for people: `island=Biscoe, sex=MALE`, or `overall`. */
export function sliceName(slice: SliceKey): string {
  return slice.length === 0 ? "overall" : slice.map(([feature, value]) => `${feature}=${value}`).join(", ");
}

/** Order of slices in files: the overall one first, then by number of features, feature and value (code units). */
export function compareSlices(a: SliceKey, b: SliceKey): number {
  if (a.length !== b.length) return a.length - b.length;
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
