import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Terminal, toMillraceError } from "millrace/model";
import { answer, type Answer, type AnswerContext } from "./answer.ts";
import type { Config } from "./config.ts";
import { writeResponseJson } from "./response-json.ts";
import { RestError, statusOf } from "./rest-error.ts";

/** Longest that open requests may go on after a stop, in milliseconds. */
const drainMs = 5_000;

/** How often clients that send too slowly are looked for, in milliseconds. */
const checkingIntervalMs = 1_000;

/** A server that listens. */
export interface RestServer {
  /** `http://host:port`. */
  readonly url: string;
  /** Takes no more requests and waits for the open ones, up to a bound. */
  stop(): Promise<void>;
}

/** What the server needs to answer, and whom it tells of its own mistakes. */
export interface ServerContext extends AnswerContext {
  readonly config: Config;
  onError(error: unknown): void;
}

/**
 * Starts to listen.
 * @throws {Terminal} `address-taken`, `address-refused`, naming the address.
 */
export async function startServer(context: ServerContext): Promise<RestServer> {
  const { host, port, requestTimeoutMs } = context.config;
  const timeouts = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(requestTimeoutMs, checkingIntervalMs),
  };
  const server = createServer(timeouts, (request, response) => void respond(context, request, response));
  await listen(server, host, port);
  const bound = server.address() as AddressInfo;
  return { url: `http://${host}:${bound.port}`, stop: () => stop(server) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const code = error.code === "EADDRINUSE" ? "address-taken" : "address-refused";
      const how = error.code === "EADDRINUSE" ? "another process listens there" : error.message;
      reject(
        new Terminal(code, `Cannot listen on ${host}:${port}: ${how}. Set MILLRACE_REST_ADDRESS`, {
          field: "MILLRACE_REST_ADDRESS",
          cause: error,
        }),
      );
    });
    // A literal IPv6 address is bracketed in an address, and bare for the system.
    server.listen(port, host.replace(/^\[(.*)\]$/, "$1"), resolve);
  });
}

async function respond(context: ServerContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(context.config.requestTimeoutMs)]);
  try {
    write(response, await answer(context, request, signal));
  } catch (thrown) {
    const left = gone.signal.aborted || (request.destroyed && !request.complete);
    if (!left) write(response, errorAnswer(context, thrown));
  }
}

function errorAnswer(context: ServerContext, thrown: unknown): Answer {
  if (thrown instanceof RestError) return { status: thrown.status, body: { error: thrown.message } };
  const error = toMillraceError(thrown);
  const status = statusOf(error);
  if (status === 500) context.onError(error);
  return { status, body: { error: error.message } };
}

function write(response: ServerResponse, { status, body }: Answer): void {
  const text = writeResponseJson(body);
  // What is left of a body that was refused is dropped: the connection can't go on.
  if (status === 413) response.setHeader("Connection", "close");
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(late);
}
