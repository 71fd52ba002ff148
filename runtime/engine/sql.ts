/** A name as a quoted SQL identifier, whatever characters it has. */
export function identifier(name: string): string {
  return `\`${escape(name, "`")}\``;
}

/** A text as an SQL string literal, whatever characters it has. */
export function literal(value: string): string {
  return `'${escape(value, "'")}'`;
}

/** Texts as an SQL array of string literals, `Array(String)` even when empty. */
export function literals(values: readonly string[]): string {
  return values.length === 0 ? "CAST([], 'Array(String)')" : `[${values.map(literal).join(", ")}]`;
}

/**
 * Backslashes and the quote are escaped. Braces are written as `\x7B` and `\x7D`, so that no name can look like a
 * query parameter, and NUL as `\0`, since the engine's C interface ends a statement there.
 */
function escape(text: string, quote: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll(quote, `\\${quote}`)
    .replaceAll("\0", "\\0")
    .replaceAll("{", "\\x7B")
    .replaceAll("}", "\\x7D");
}
