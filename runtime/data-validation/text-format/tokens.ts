import { Terminal } from "../../model/mod.ts";

/** A piece of a text file; line and column count from 1. */
export interface Token {
  readonly kind: "word" | "string" | "symbol" | "end";
  /** As written; of a string what stands between its quotes. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

const pattern =
  /(?<space>[ \t\r\n\f\v]+|#[^\n]*)|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<word>[+-]?[A-Za-z0-9_.]+(?:(?<=[eE])[+-][0-9]+)?[fF]?)|(?<symbol>[{}<>[\]:,;-])/gy;

/**
 * Cuts protobuf text into tokens; comments and white space are left out.
 * @param file Name for errors.
 * @throws {Terminal} `malformed-text-proto`: a character that begins no token, with its line and column.
 */
export function tokenize(text: string, file: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  pattern.lastIndex = 0;
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const column = start - lineStart + 1;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw malformed(file, { line, column }, `found ${JSON.stringify(text[start])}`);
    if (groups["string"] !== undefined)
      tokens.push({ kind: "string", text: groups["string"].slice(1, -1), line, column });
    if (groups["word"] !== undefined) tokens.push({ kind: "word", text: groups["word"], line, column });
    if (groups["symbol"] !== undefined) tokens.push({ kind: "symbol", text: groups["symbol"], line, column });
    for (let at = text.indexOf("\n", start); at !== -1 && at < pattern.lastIndex; at = text.indexOf("\n", at + 1)) {
      line += 1;
      lineStart = at + 1;
    }
  }
  tokens.push({ kind: "end", text: "the end of the file", line, column: text.length - lineStart + 1 });
  return tokens;
}

/** The error of a text file that is not what it should be. */
export function malformed(
  file: string,
  place: { readonly line: number; readonly column: number },
  what: string,
): Terminal {
  return new Terminal(
    "malformed-text-proto",
    `Cannot read "${file}" as protobuf text, line ${place.line}, column ${place.column}: ${what}`,
    { file, line: place.line, column: place.column },
  );
}
