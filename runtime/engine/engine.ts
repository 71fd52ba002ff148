/** Values for `{name:Type}` placeholders of a query. */
export type QueryParameters = Readonly<Record<string, unknown>>;

export interface QueryOptions {
  readonly parameters?: QueryParameters;
  /** Longest it may take, in seconds; sent as max_execution_time, which alone stops chDB. */
  readonly timeLimitS?: number;
  /**
   * Threads it may use; default 1, so that floating-point sums and row order depend on the data alone. Raise it only
   * for work whose result no order can change.
   */
  readonly threads?: number;
}

/** Formats of files that the engine reads. */
export type FileFormat = "Parquet" | "CSV" | "CSVWithNames" | "JSONEachRow" | "LineAsString" | "RawBLOB" | "RowBinary";

/**
 * ClickHouse as the data engine: chDB in this process, or a server by URL, behind `@clickhouse/client`.
 * Settings travel in the SQL's own SETTINGS clause, since a connection keeps what it is sent.
 */
export interface Engine extends AsyncDisposable {
  /** Version that can change bytes, for execution environments, for example "chdb 26.7". */
  readonly version: string;
  /**
   * Rows of a query as objects, read from JSON: an integer beyond 2⁵³ loses its last digits, and NaN and the infinities
   * are null, unless the query makes them text. The whole result is held in memory: aggregate, or write files.
   */
  query<Row>(sql: string, options?: QueryOptions): Promise<Row[]>;
  /** A statement without a result. */
  command(sql: string, options?: QueryOptions): Promise<void>;
  /**
   * SQL table expression that reads a file, rows in its order. A server must see the same path, below its
   * `user_files_path`.
   * @param structure Column definitions; default what the file says.
   */
  fileTable(path: string, format: FileFormat, structure?: string): string;
  /**
   * Makes a table that lives until the engine is closed, either from a query or empty.
   * @param from The query, or column definitions ("`row` UInt64, `name` String").
   * @param sortBy Columns it is stored by; reading in that order (ORDER BY) is then free. A table has no order of its
   * own.
   * @returns The table's name, ready for SQL.
   */
  scratch(
    from: { readonly select: string } | { readonly columns: string },
    sortBy: readonly string[],
    options?: QueryOptions,
  ): Promise<string>;
  /** Adds rows, by column name, to a scratch table; the caller keeps a batch within memory. */
  insert(table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
}
