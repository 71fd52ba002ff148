import { invalidArgument } from "./rest-error.ts";

/** Marks a NaN that stood in the text; a text of the client can't look like it, as it holds a lone surrogate. */
const nanMark = "\ud800NaN";

const tokens = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * Parses a request's JSON, in which NaN, Infinity and -Infinity may stand for numbers as in TensorFlow Serving.
 * @throws {RestError} 400.
 */
export function parseRequestJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw notJson(error);
  }
  try {
    return JSON.parse(text.replace(tokens, replaceToken), (_, value: unknown) =>
      value === nanMark ? Number.NaN : value,
    );
  } catch (error) {
    throw notJson(error);
  }
}

function replaceToken(token: string): string {
  if (token === "NaN") return JSON.stringify(nanMark);
  // Numbers beyond the largest double parse as infinite.
  if (token === "Infinity") return "1e999";
  return token === "-Infinity" ? "-1e999" : token;
}

function notJson(error: unknown): Error {
  return invalidArgument(`JSON Parse error: ${error instanceof Error ? error.message : String(error)}`);
}
