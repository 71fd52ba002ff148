import { MillraceError, Retryable, Terminal } from "../model/mod.ts";

/** Longest part of the engine's own message that is passed on, in characters; the rest is query text. */
const messageLengthMax = 400;

/** ClickHouse codes of what passes by itself: too many queries, network, socket timeouts, server shutting down. */
const passingCodes: ReadonlySet<string> = new Set(["202", "209", "210", "236", "279", "394", "425"]);

/** Node's codes of a server that isn't reached. */
const unreachableCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * What the engine threw, as a MillraceError that keeps ClickHouse's code and a short message.
 *
 * Codes: `engine-timeout` and `engine-unavailable` (retryable), `engine-out-of-memory`, `engine-cannot-read` (a file
 * the engine may not or cannot open) and `engine-query` (all else; terminal).
 */
export function toEngineError(thrown: unknown): MillraceError {
  if (thrown instanceof MillraceError) return thrown;
  const code = clickhouseCode(thrown);
  const message = shortMessage(thrown);
  const options = { cause: thrown };
  if (code === undefined && hasCode(thrown) && unreachableCodes.has(String(thrown.code))) {
    return new Retryable("engine-unavailable", `Cannot reach the data engine: ${message}`, options);
  }
  const text = `${message} (ClickHouse ${code ?? "error"})`;
  if (code === "159") return new Retryable("engine-timeout", `The data engine stopped a query: ${text}`, options);
  if (code !== undefined && passingCodes.has(code)) {
    return new Retryable("engine-unavailable", `The data engine can't answer now: ${text}`, options);
  }
  if (code === "241") {
    return new Terminal("engine-out-of-memory", `The data engine ran out of memory for a query: ${text}`, options);
  }
  if (code === "107" || code === "291" || code === "76" || code === "74") {
    return new Terminal(
      "engine-cannot-read",
      `The data engine can't open a file: ${text}; a server must see the same paths, below its user_files_path`,
      options,
    );
  }
  return new Terminal("engine-query", `The data engine refused a query: ${text}`, options);
}

/** ClickHouse's numeric code of an error, as text; undefined if it has none. */
export function clickhouseCode(thrown: unknown): string | undefined {
  if (thrown instanceof MillraceError) return clickhouseCode(thrown.cause);
  if (!hasCode(thrown)) return undefined;
  const code = String(thrown.code);
  return /^\d+$/.test(code) ? code : undefined;
}

function hasCode(thrown: unknown): thrown is Error & { readonly code: unknown } {
  return thrown instanceof Error && "code" in thrown;
}

function shortMessage(thrown: unknown): string {
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s+/g, " ").trim();
  const withoutQuery = message.replace(/\.? (?:Expected one of:|[Ii]n scope ).*$/, "");
  return withoutQuery.length <= messageLengthMax ? withoutQuery : `${withoutQuery.slice(0, messageLengthMax)}…`;
}
