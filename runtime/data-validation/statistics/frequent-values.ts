import type { Engine } from "../../engine/mod.ts";
import { parallelThreads } from "./parallel-threads.ts";

/** How often distinct strings occur. */
export interface Frequencies {
  /** Number of distinct values. */
  readonly unique: number;
  /** Most frequent first, of equals the greater in bytes first; at most `rankHistogramBucketsMax`. */
  readonly values: readonly (readonly [value: string, count: number])[];
}

/** Buckets of a rank histogram. Source: TFDV's num_rank_histogram_buckets. */
const rankHistogramBucketsMax = 1_000;

/** What stands for a value that is not UTF-8. Source: TFDV's NON_UTF8_PLACEHOLDER. */
const notUtf8 = "__BYTES_VALUE__";

/** Columns of one query: their groups are in memory, or on disk, at the same time. */
const columnsPerQueryMax = 16;

/** A row of the answer; some servers quote 64-bit integers. */
interface FrequencyRow {
  readonly request: number;
  readonly unique: number | string;
  readonly frequent: readonly (readonly [value: string, count: number | string])[];
}

/**
 * Counts distinct strings.
 * @param columns For each column a query with one column `value`.
 */
export async function frequentValues(engine: Engine, columns: readonly string[]): Promise<Frequencies[]> {
  const frequencies: Frequencies[] = columns.map(() => ({ unique: 0, values: [] }));
  for (let start = 0; start < columns.length; start += columnsPerQueryMax) {
    const selects = columns
      .slice(start, start + columnsPerQueryMax)
      .map((values, index) => frequencySelect(values, start + index));
    const rows = await engine.query<FrequencyRow>(selects.join(" UNION ALL "), { threads: parallelThreads });
    for (const { request, unique, frequent } of rows) {
      const values = frequent.map(([value, count]) => [value, Number(count)] as const);
      frequencies[request] = { unique: Number(unique), values };
    }
  }
  return frequencies;
}

function frequencySelect(values: string, request: number): string {
  return `
    SELECT toUInt32(${request}) AS request, count() AS unique,
      groupArray(${rankHistogramBucketsMax})((if(isValidUTF8(value), value, '${notUtf8}'), weight)) AS frequent
    FROM (
      SELECT value, weight FROM (SELECT value, count() AS weight FROM (${values}) GROUP BY value)
      ORDER BY weight DESC, value DESC
    )`;
}
