/** Significant digits in which metrics are said to people. */
const significantDigits = 4;

/** A metric for people: `0.9722`, `108`. */
export function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(significantDigits)));
}
