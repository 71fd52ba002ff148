/** An option that may be repeated: its values so far, and one more. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}
