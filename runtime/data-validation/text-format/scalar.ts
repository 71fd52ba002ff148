import type { EnumValues, FieldKind, MessageType } from "./message-type.ts";
import { type Cursor, next, peek } from "./cursor.ts";
import { unquote } from "./quoted.ts";
import { malformed, type Token } from "./tokens.ts";

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  t: true,
  "1": true,
  false: false,
  False: false,
  f: false,
  "0": false,
};

const integer = /^[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/;
const decimal = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fF]?$/;
const integerMin = -(2n ** 63n);
const integerMax = 2n ** 64n - 1n;

/**
 * Reads one value that is not a message.
 * @param field Name for errors.
 * @throws {Terminal} `malformed-text-proto`: not a value of that kind.
 */
export function parseScalar(cursor: Cursor, field: string, kind: Exclude<FieldKind, MessageType>): unknown {
  const token = nextScalar(cursor);
  const value = kind === "string" ? stringOf(cursor, token) : valueOf(token, kind);
  if (value !== undefined) return value;
  const wanted = typeof kind === "string" ? kind : `one of ${namesOf(kind.values).join(", ")}`;
  throw malformed(cursor.file, token, `field "${field}" must be ${wanted}: found ${JSON.stringify(token.text)}`);
}

/** Joins a sign that stands apart from its number. */
function nextScalar(cursor: Cursor): Token {
  const token = next(cursor);
  if (token.kind !== "symbol" || token.text !== "-" || peek(cursor).kind !== "word") return token;
  return { ...token, kind: "word", text: `-${next(cursor).text}` };
}

/** Strings that follow each other are one. */
function stringOf(cursor: Cursor, first: Token): string | undefined {
  if (first.kind !== "string") return undefined;
  let body = first.text;
  while (peek(cursor).kind === "string") body += next(cursor).text;
  return unquote(body);
}

function valueOf(token: Token, kind: Exclude<FieldKind, MessageType | "string">): unknown {
  if (token.kind !== "word") return undefined;
  switch (kind) {
    case "bool":
      return booleans[token.text];
    case "integer":
      return integerOf(token.text);
    case "float":
      return floatOf(token.text);
    case "double":
      return numberOf(token.text);
    default:
      return enumOf(token.text, kind.values);
  }
}

function integerOf(text: string): string | undefined {
  if (!integer.test(text)) return undefined;
  const digits = text.replace(/^[+-]/, "");
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = text.startsWith("-") ? -magnitude : magnitude;
  return value < integerMin || value > integerMax ? undefined : value.toString();
}

function numberOf(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const word = text.replace(/^[+-]/, "").toLowerCase();
  if (word === "inf" || word === "infinity" || word === "inff") return sign * Number.POSITIVE_INFINITY;
  if (word === "nan" || word === "nanf") return Number.NaN;
  return decimal.test(text) ? Number(text.replace(/[fF]$/, "")) : undefined;
}

function floatOf(text: string): number | undefined {
  const number = numberOf(text);
  return number === undefined ? undefined : Math.fround(number);
}

function enumOf(text: string, values: EnumValues): number | undefined {
  const named = namesOf(values).includes(text) ? values[text] : undefined;
  if (named !== undefined) return named;
  const number = Number(text);
  return namesOf(values).some((name) => values[name] === number) ? number : undefined;
}

function namesOf(values: EnumValues): readonly string[] {
  return Object.keys(values).filter((name) => values[name] !== -1);
}
