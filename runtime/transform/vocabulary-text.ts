/** A vocabulary's file: a line for each value, as TFT writes it. No value has a line break. */
export function vocabularyText(values: readonly string[]): string {
  return values.map((value) => `${value}\n`).join("");
}

/** The values of a vocabulary's file. */
export function vocabularyValues(text: string): string[] {
  return text.split("\n").slice(0, -1);
}
