// A child process for tests: answers ClickHouse's HTTP protocol from chDB, in place of a server, which no package
// registry has. It covers what the client sends here: ping, queries, inserts, parameters, settings, error headers.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { createChdbConnection } from "chdb/connection";

/** What of a request's URL is no setting. */
const notSettings = new Set(["query", "query_id", "database", "session_id", "role"]);

const connection = createChdbConnection({ path: process.argv[2] ?? "" });
// As in chdb.ts: one contract, declared twice.
const client = createClient({ connection: connection as never, log: { level: ClickHouseLogLevel.OFF } });

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    const { code = "1000", type = "UNKNOWN", message } = error as { code?: string; type?: string; message: string };
    response.writeHead(500, { "X-ClickHouse-Exception-Code": code });
    response.end(`Code: ${code}. DB::Exception: ${message} (${type}) (version 0)`);
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://front");
  if (pathname === "/ping") return void response.end("Ok.\n");
  const body = await text(request);
  // An insert's statement is in the URL and its rows in the body; every other statement is the body.
  const inUrl = searchParams.get("query");
  const query = inUrl === null ? body : `${inUrl}\n${body}`;
  const parameters: Record<string, unknown> = {};
  const settings: Record<string, string> = {};
  for (const [name, value] of searchParams) {
    if (name.startsWith("param_")) parameters[name.slice("param_".length)] = unescaped(value);
    else if (!notSettings.has(name)) settings[name] = value;
  }
  const result = await client.exec({ query, query_params: parameters, clickhouse_settings: settings });
  response.writeHead(200, { "X-ClickHouse-Query-Id": result.query_id });
  for await (const chunk of result.stream) response.write(chunk);
  response.end();
}

/** A parameter's value as the client escaped it: tab-separated text. */
function unescaped(value: string): string | null {
  if (value === "\\N") return null;
  const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", "\\": "\\", "'": "'" };
  return value.replaceAll(/\\(.)/g, (whole, letter: string) => escapes[letter] ?? whole);
}

server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.once("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => void client.close());
});
