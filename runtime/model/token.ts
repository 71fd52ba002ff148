import { Terminal } from "./errors.ts";

declare const tokenBrand: unique symbol;

/** A subject token: a name that can stand between two dots of a subject. */
export type Token = string & { readonly [tokenBrand]: true };

const tokenPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether the text can be a subject token. "_" alone is reserved for the run's own subjects. */
export function isToken(text: string): text is Token {
  return tokenPattern.test(text) && text !== "_";
}

/**
 * Parses a name into a token.
 * @param what What the name is of, for the message, for example `node name`.
 * @throws {Terminal} `bad-name`.
 */
export function parseToken(what: string, text: string): Token {
  if (isToken(text)) return text;
  throw new Terminal(
    "bad-name",
    `Cannot use ${JSON.stringify(text)} as ${what}: it must be 1 to 64 of A-Z a-z 0-9 _ - and not "_" alone`,
    { field: what },
  );
}
