/** A ClickHouse setting's value. */
export type SettingValue = string | number;

/** Longest a statement may take when its caller names no limit, in seconds. */
const timeLimitDefaultS = 3_600;

/** Most memory one statement may use, in bytes; beyond it the engine answers code 241. */
const memoryBytesMax = 4 * 2 ** 30;

/**
 * Memory at which sorting and grouping go on on disk, in bytes. Fixed, not a share of the machine's: where grouping
 * goes to disk decides the order in which floats are added up.
 */
const memoryBytesBeforeDisk = 1 * 2 ** 30;

/** Longest statement, in bytes: one over thousands of columns passes the engine's 256 KiB. */
const queryBytesMax = 64 * 2 ** 20;

/** Most nodes of a parsed statement, for the same reason. */
const queryNodesMax = 10_000_000;

/**
 * What every statement runs under. One thread and kept order make results depend on the data alone: with the
 * engine's own defaults Parquet rows come out of order even with one thread. File schemas are not cached, since a
 * path may hold another file later in the same process.
 */
export const baseSettings: Readonly<Record<string, SettingValue>> = {
  max_threads: 1,
  max_insert_threads: 1,
  max_execution_time: timeLimitDefaultS,
  max_memory_usage: memoryBytesMax,
  max_bytes_before_external_group_by: memoryBytesBeforeDisk,
  max_bytes_before_external_sort: memoryBytesBeforeDisk,
  input_format_parquet_preserve_order: 1,
  schema_inference_use_cache_for_file: 0,
  engine_file_truncate_on_insert: 1,
  precise_float_parsing: 1,
  max_query_size: queryBytesMax,
  max_ast_elements: queryNodesMax,
  max_expanded_ast_elements: queryNodesMax,
};

const ownSettingsClause = /\bSETTINGS\s+\w+\s*=[^()]*$/i;

/** Adds settings to a statement's SETTINGS clause, which is its last. */
export function withSettings(sql: string, settings: Readonly<Record<string, SettingValue>>): string {
  const clause = Object.entries(settings).map(([name, value]) => `${name} = ${settingText(value)}`);
  if (clause.length === 0) return sql;
  return `${sql}${ownSettingsClause.test(sql) ? "," : "\nSETTINGS"} ${clause.join(", ")}`;
}

/** A setting's value as SQL text. */
export function settingText(value: SettingValue): string {
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}
