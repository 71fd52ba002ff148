/** Values for `{name:Type}` placeholders of a query. */
export type QueryParameters = Readonly<Record<string, unknown>>;

export interface QueryOptions {
  readonly parameters?: QueryParameters;
  /** Longest it may take, in seconds; sent as max_execution_time, which alone stops chDB. */
  readonly timeLimitS?: number;
}

/**
 * ClickHouse as the data engine: chDB in this process, or a server by URL, behind `@clickhouse/client`.
 * Settings travel in the SQL's own SETTINGS clause, since a connection keeps what it is sent.
 */
export interface Engine extends AsyncDisposable {
  /** Version that can change bytes, for execution environments, for example "chdb 26.7". */
  readonly version: string;
  /** Rows of a query as objects. The whole result is held in memory: aggregate, or write files. */
  query<Row>(sql: string, options?: QueryOptions): Promise<Row[]>;
  /** A statement without a result. */
  command(sql: string, options?: QueryOptions): Promise<void>;
  /** SQL table expression that reads files of the machine the engine runs on. */
  fileTable(
    path: string,
    format: "Parquet" | "CSV" | "CSVWithNames" | "JSONEachRow" | "LineAsString" | "RawBLOB",
    structure?: string,
  ): string;
}
