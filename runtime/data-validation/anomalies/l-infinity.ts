import type { FeatureNameStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { compareBytes, stringCounts } from "../schema/feature-view.ts";

/** The greatest difference of a value's share, and the value that has it. */
export interface LInfinityDistance {
  readonly value: string;
  readonly distance: number;
}

/**
 * The L-infinity distance of two features' strings, shares taken of the values that the rank histograms count.
 * Of equal differences the last value in byte order is named. Numbers have no such counts: their distance is 0.
 * Source: TFDV's metrics.
 */
export function lInfinityDistance(a: FeatureNameStatistics, b: FeatureNameStatistics): LInfinityDistance {
  const [p, q] = [shares(a), shares(b)];
  const values = [...new Set([...p.keys(), ...q.keys()])].sort(compareBytes);
  return values.reduce<LInfinityDistance>(
    (greatest, value) => {
      const distance = Math.abs((p.get(value) ?? 0) - (q.get(value) ?? 0));
      return distance >= greatest.distance ? { value, distance } : greatest;
    },
    { value: "", distance: 0 },
  );
}

function shares(statistics: FeatureNameStatistics): ReadonlyMap<string, number> {
  const counts = stringCounts(statistics);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return new Map(counts.map(([value, count]) => [value, count / total]));
}
