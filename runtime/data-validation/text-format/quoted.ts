const escapes: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "'": "\\'",
  '"': '\\"',
  "\\": "\\\\",
};

const letters: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "?": 63,
  "'": 39,
  '"': 34,
  "\\": 92,
};

/** A string as the text format quotes it. */
export function quote(value: string): string {
  return `"${escapeText(value)}"`;
}

/** A string with quotes, backslashes and control characters escaped, the last as octal; UTF-8 stays as it is. */
export function escapeText(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is escaped.
  return value.replaceAll(/[\u0000-\u001f\u007f'"\\]/g, (character) => {
    return escapes[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}

/**
 * Reads what stands between a string's quotes. Octal and hexadecimal escapes are bytes of UTF-8.
 * @returns The string, or undefined if an escape is malformed or the bytes are not UTF-8.
 */
export function unquote(body: string): string | undefined {
  const pattern = /\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv?'"\\]))/y;
  const bytes: Buffer[] = [];
  let position = 0;
  while (position < body.length) {
    const backslash = body.indexOf("\\", position);
    const plainEnd = backslash === -1 ? body.length : backslash;
    bytes.push(Buffer.from(body.slice(position, plainEnd), "utf8"));
    if (backslash === -1) break;
    pattern.lastIndex = backslash;
    const escape = pattern.exec(body);
    const character = escape === null ? undefined : escapedBytes(escape);
    if (character === undefined) return undefined;
    bytes.push(character);
    position = pattern.lastIndex;
  }
  return decodeUtf8(Buffer.concat(bytes));
}

function escapedBytes([, octal, hex, short, long, letter]: RegExpExecArray): Buffer | undefined {
  if (octal !== undefined) return Buffer.from([Number.parseInt(octal, 8) & 0xff]);
  if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
  if (letter !== undefined) return Buffer.from([letters[letter] ?? 0]);
  const codePoint = Number.parseInt(short ?? long ?? "", 16);
  return codePoint > 0x10ffff ? undefined : Buffer.from(String.fromCodePoint(codePoint), "utf8");
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
