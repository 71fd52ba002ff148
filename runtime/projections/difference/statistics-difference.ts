import { compared } from "./compared.ts";
import type { Compared } from "./compared.ts";
import type { FeatureValues } from "./feature-values.ts";

/** Statistics of one artifact, by split. */
export type SplitStatistics = ReadonlyMap<string, FeatureValues>;

/**
 * The statistics that differ, named `split/feature statistic`; those of a dataset itself have no feature. Nothing if one
 * side's are not known.
 */
export function statisticsDifference(
  was: SplitStatistics | undefined,
  is: SplitStatistics | undefined,
): readonly Compared[] {
  if (was === undefined || is === undefined) return [];
  return keysOf(was, is).flatMap((split) => {
    const [before, after] = [was.get(split) ?? new Map(), is.get(split) ?? new Map()] as [FeatureValues, FeatureValues];
    return keysOf(before, after).flatMap((feature) => {
      const [values, others] = [before.get(feature) ?? {}, after.get(feature) ?? {}];
      const place = feature === "" ? split : `${split}/${feature}`;
      return [...new Set([...Object.keys(values), ...Object.keys(others)])]
        .map((name) => compared(`${place} ${name}`, values[name] ?? null, others[name] ?? null))
        .filter(({ equal }) => !equal);
    });
  });
}

function keysOf(was: ReadonlyMap<string, unknown>, is: ReadonlyMap<string, unknown>): readonly string[] {
  return [...new Set([...was.keys(), ...is.keys()])];
}
