import { WrongUse } from "../wrong-use.ts";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a duration such as `500ms`, `5s`, `10m`, `12h` or `7d`. @returns milliseconds.
 * @param option Its option, for the message.
 * @throws {WrongUse} it is none.
 */
export function parseDuration(option: string, text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = units[unit];
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  throw new WrongUse(
    `Cannot read ${option} ${text}: it must be a number with a unit, such as 500ms, 5s, 10m, 12h or 7d`,
  );
}
