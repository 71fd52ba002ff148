import type { Token } from "./tokens.ts";

/** Where the reader is in a file. */
export interface Cursor {
  readonly tokens: readonly Token[];
  readonly file: string;
  position: number;
}

/** The token to be read next; the last is always the end. */
export function peek(cursor: Cursor): Token {
  return cursor.tokens[Math.min(cursor.position, cursor.tokens.length - 1)]!;
}

/** Reads a token. */
export function next(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.position += 1;
  return token;
}

/** Reads a symbol if it is one of these. */
export function accept(cursor: Cursor, ...symbols: readonly string[]): string | undefined {
  const token = peek(cursor);
  if (token.kind !== "symbol" || !symbols.includes(token.text)) return undefined;
  cursor.position += 1;
  return token.text;
}
