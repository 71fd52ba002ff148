import type { IncomingMessage } from "node:http";
import { invalidArgument, RestError } from "./rest-error.ts";

/**
 * Reads a request's body as text.
 * @throws {RestError} 413: longer than the bound; 400: not UTF-8.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLong(request, bytesMax);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw invalidArgument("JSON Parse error: the body must be UTF-8");
  }
}

/** The rest is read and dropped, so that a client which is still sending gets to see the answer. */
function tooLong(request: IncomingMessage, bytesMax: number): RestError {
  request.resume();
  return new RestError(413, `Request body must have ${bytesMax} bytes at most: it has more`);
}
