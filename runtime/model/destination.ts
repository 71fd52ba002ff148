import { createHash } from "node:crypto";
import { Terminal } from "./errors.ts";
import { parseToken, type Token } from "./token.ts";

declare const destinationBrand: unique symbol;

/** Where a model is pushed to: a path below the push root in its one normal form, `serving/penguins`. */
export type Destination = string & { readonly [destinationBrand]: true };

/** A segment starts with a letter or digit, so neither `..` nor a hidden name is one. */
const segmentPattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Servers take a directory named by digits alone for a version. */
const versionPattern = /^[0-9]+$/;

/** Longest subject token. */
const tokenCharactersMax = 64;

/** Hex digits of the digest that stands for a destination too long for a token. */
const shortDigestCharacters = 32;

/** Whether the text is a destination. */
export function isDestination(text: string): text is Destination {
  return text.split("/").every((segment) => segmentPattern.test(segment) && !versionPattern.test(segment));
}

/**
 * Parses a destination.
 * @throws {Terminal} `bad-destination`: absolute, escaping, hidden, not in normal form, or a segment like a version.
 */
export function parseDestination(text: string): Destination {
  if (isDestination(text)) return text;
  throw new Terminal(
    "bad-destination",
    `Cannot push to ${JSON.stringify(text)}: it must be a path below the push root such as "serving/penguins", its ` +
      "segments of A-Z a-z 0-9 . _ -, starting with a letter or digit, none of digits alone",
    { field: "to" },
  );
}

/**
 * The subject token of a destination, for `mr.target.<token>`; different destinations have different tokens.
 * Letters, digits and "-" stand for themselves, any other byte is "_" and two hex digits; what gets too long keeps its
 * beginning and ends in "_h" and a digest, which no escape looks like.
 */
export function targetToken(to: string): Token {
  const destination = parseDestination(to);
  const escaped = destination.replaceAll(/[^A-Za-z0-9-]/g, (byte) => `_${byte.charCodeAt(0).toString(16)}`);
  return parseToken("destination", escaped.length <= tokenCharactersMax ? escaped : shortened(destination, escaped));
}

function shortened(destination: Destination, escaped: string): string {
  const ending = `_h${createHash("sha256").update(destination).digest("hex").slice(0, shortDigestCharacters)}`;
  return escaped.slice(0, tokenCharactersMax - ending.length) + ending;
}
