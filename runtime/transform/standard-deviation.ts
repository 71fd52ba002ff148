/** Square root of a variance in float32. */
export function standardDeviation(variance: number): number {
  return Math.fround(Math.sqrt(variance));
}
