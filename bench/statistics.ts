/** A quantile of measurements, by the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A number for people: three digits, no more than it means. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
