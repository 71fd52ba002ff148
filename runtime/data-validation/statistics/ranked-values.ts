import type { Engine } from "../../engine/mod.ts";
import { parallelThreads } from "./parallel-threads.ts";
import type { RankedValue } from "./quantiles.ts";
import { toNumber } from "./summary.ts";

/** A column of numbers whose quantiles are wanted. */
export interface RankedRequest {
  /** Query with one column `value`, a number that is not NaN. */
  readonly values: string;
  /** Number of its rows. */
  readonly count: number;
  /** Number of buckets that the quantiles cut. */
  readonly buckets: number;
}

/** Requests of one query: their groups are in memory, or on disk, at the same time. */
const requestsPerQueryMax = 16;

/** A row of the answer; some servers quote 64-bit integers. */
interface RankedRow {
  readonly request: number;
  readonly text: string;
  readonly lower: number | string;
  readonly upper: number | string;
}

/**
 * Finds, for each request, the values that are quantiles: grouped, sorted and picked by the engine, so that only
 * bucket boundaries leave it. Values come ascending; there are none where a request has no rows.
 */
export async function rankValues(engine: Engine, requests: readonly RankedRequest[]): Promise<RankedValue[][]> {
  const ranked: RankedValue[][] = requests.map(() => []);
  for (let start = 0; start < requests.length; start += requestsPerQueryMax) {
    const selects = requests
      .slice(start, start + requestsPerQueryMax)
      .map((request, index) => rankedSelect(request, start + index));
    const sql = `SELECT * FROM (${selects.join(" UNION ALL ")}) ORDER BY request, upper`;
    const rows = await engine.query<RankedRow>(sql, {
      threads: parallelThreads,
    });
    for (const { request, text, lower, upper } of rows) {
      ranked[request]?.push({ value: toNumber(text), lower: Number(lower), upper: Number(upper) });
    }
  }
  return ranked;
}

/** Adding 0 makes one value of 0 and -0. A value is kept if a rank's position falls on it, or if it is the last. */
function rankedSelect({ values, count, buckets }: RankedRequest, request: number): string {
  const firstRankFrom = (position: string) => `intDiv(${position} * ${buckets} + ${count - 1}, ${count})`;
  if (count === 0)
    return `SELECT toUInt32(${request}) AS request, '' AS text, 0::UInt64 AS lower, 0::UInt64 AS upper WHERE 0`;
  return `
    SELECT toUInt32(${request}) AS request, toString(value) AS text, upper - weight AS lower, upper
    FROM (
      SELECT value, weight, sum(weight) OVER (ORDER BY value ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS upper
      FROM (SELECT toFloat64(value) + 0 AS value, count() AS weight FROM (${values}) GROUP BY value)
    )
    WHERE upper = ${count} OR ${firstRankFrom("(upper - weight)")} < ${firstRankFrom("upper")}`;
}
