import { type Connection, versionOf } from "./chdb.ts";
import { baseSettings } from "./settings.ts";

/** Longest wait for a server's answer, in milliseconds; above every statement's own limit. */
const requestTimeoutMs = 3_660_000;

/**
 * Connects to a ClickHouse server. There settings travel with each request, so nothing leaks.
 * @param url `http(s)://user:password@host:port/database`.
 */
export async function connectServer(url: string): Promise<Connection> {
  const { ClickHouseLogLevel, createClient } = await import("@clickhouse/client");
  const client = createClient({
    url,
    request_timeout: requestTimeoutMs,
    // Progress in headers keeps a long query's connection from looking idle to what stands between.
    clickhouse_settings: {
      ...baseSettings,
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: "30000",
    },
    log: { level: ClickHouseLogLevel.OFF },
  });
  return { client, version: `clickhouse ${await versionOf(client)}`, close: () => client.close() };
}
