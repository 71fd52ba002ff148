import { randomUUID } from "node:crypto";
import { type Connection, connectChdb } from "./chdb.ts";
import type { Engine, FileFormat, QueryOptions } from "./engine.ts";
import { toEngineError } from "./engine-error.ts";
import { connectServer } from "./server.ts";
import { type SettingValue, withSettings } from "./settings.ts";
import { identifier, literal } from "./sql.ts";

export interface EngineOptions {
  /** ClickHouse server; default MILLRACE_CLICKHOUSE_URL, else chDB in this process. */
  readonly url?: string;
  /**
   * Where chDB's private data directory is made; default the system's temporary directory. Of the engines open at once
   * in a process only the first one's counts.
   */
  readonly dataDir?: string;
}

/**
 * Opens the data engine.
 *
 * A server must see the same files under the same paths, below its `user_files_path`.
 * @throws {Retryable} `engine-unavailable`: no server answers there.
 * @throws {Terminal} `engine-in-worker-thread`.
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const url = options.url ?? process.env["MILLRACE_CLICKHOUSE_URL"];
  try {
    const connection = await (url === undefined || url === "" ? connectChdb(options.dataDir) : connectServer(url));
    return new ClickHouseEngine(connection);
  } catch (error) {
    throw toEngineError(error);
  }
}

class ClickHouseEngine implements Engine {
  readonly version: string;
  readonly #connection: Connection;
  readonly #scratch: string[] = [];
  #closed = false;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.version = connection.version;
  }

  async query<Row>(sql: string, options: QueryOptions = {}): Promise<Row[]> {
    try {
      const answer = await this.#connection.client.query({ ...statement(sql, options), format: "JSONEachRow" });
      return await answer.json<Row>();
    } catch (error) {
      throw toEngineError(error);
    }
  }

  async command(sql: string, options: QueryOptions = {}): Promise<void> {
    try {
      await this.#connection.client.command(statement(sql, options));
    } catch (error) {
      throw toEngineError(error);
    }
  }

  fileTable(path: string, format: FileFormat, structure?: string): string {
    const columns = structure === undefined ? "" : `, ${literal(structure)}`;
    return `file(${literal(path)}, ${literal(format)}${columns})`;
  }

  async scratch(
    from: { readonly select: string } | { readonly columns: string },
    sortBy: readonly string[],
    options: QueryOptions = {},
  ): Promise<string> {
    const name = identifier(`millrace_scratch_${randomUUID().replaceAll("-", "")}`);
    this.#scratch.push(name);
    const engine = `ENGINE = MergeTree ORDER BY (${sortBy.map(identifier).join(", ")})`;
    const sql = "select" in from ? `${engine} AS ${from.select}` : `(${from.columns}) ${engine}`;
    await this.command(`CREATE TABLE ${name} ${sql}`, options);
    return name;
  }

  async insert(table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    try {
      await this.#connection.client.insert({ table, values: rows, format: "JSONEachRow" });
    } catch (error) {
      throw toEngineError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      for (const name of this.#scratch) await this.command(`DROP TABLE IF EXISTS ${name}`);
    } finally {
      await this.#connection.close();
    }
  }
}

function statement(sql: string, options: QueryOptions) {
  const settings: Record<string, SettingValue> = {};
  if (options.timeLimitS !== undefined) settings["max_execution_time"] = options.timeLimitS;
  if (options.threads !== undefined) settings["max_threads"] = options.threads;
  const query = withSettings(sql, settings);
  return options.parameters === undefined ? { query } : { query, query_params: { ...options.parameters } };
}
