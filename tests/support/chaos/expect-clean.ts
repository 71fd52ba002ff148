import { expect } from "vitest";
import { chaos, type ChaosOptions, type ChaosReport } from "./chaos.ts";

/** Runs chaos and expects no violation; its seed, and what was done, are told only if there is one. */
export async function expectClean(options: Omit<ChaosOptions, "note">): Promise<ChaosReport> {
  const lines: string[] = [];
  const report = await chaos({ ...options, note: (line) => lines.push(line) });
  const story = `seed ${options.seed}, ${options.runs} runs\n${lines.join("\n")}\n${report.violations.join("\n")}`;
  expect(report.violations, story).toEqual([]);
  return report;
}
