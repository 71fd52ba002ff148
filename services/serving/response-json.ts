/** A value of a response. */
export type ResponseValue =
  | null
  | boolean
  | number
  | string
  | readonly ResponseValue[]
  | { readonly [key: string]: ResponseValue };

/**
 * Writes a response. NaN and the infinities are written as such tokens, as TensorFlow Serving does; where there are
 * none, it is plain JSON.
 */
export function writeResponseJson(value: ResponseValue): string {
  if (Array.isArray(value)) return `[${value.map(writeResponseJson).join(",")}]`;
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${writeResponseJson(member)}`);
  return `{${members.join(",")}}`;
}

/**
 * The number whose shortest text is the shortest that reads back as this 32-bit float: 0.1 for
 * 0.10000000149011612. Nine digits always suffice.
 */
export function shortFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
