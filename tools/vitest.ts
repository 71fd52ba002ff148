// Runs vitest and reads what it counted from the report it writes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly meta?: { readonly notRun?: string } }[];
  }[];
}

/**
 * Runs the tests of some projects, and prints `not run: NAME, why` for each that lacks what it needs. A run without a
 * report is one failure.
 * @param patterns Only files whose path holds one; empty: all.
 */
export function runVitest(root: string, projects: readonly string[], patterns: readonly string[]): Counts {
  const directory = mkdtempSync(join(tmpdir(), "millrace-test-"));
  const report = join(directory, "report.json");
  try {
    const vitest = spawnSync(
      process.execPath,
      [
        join(root, "node_modules/vitest/vitest.mjs"),
        "run",
        ...projects.flatMap((project) => ["--project", project]),
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...patterns,
      ],
      { cwd: root, stdio: "inherit" },
    );
    const counted = JSON.parse(readFileSync(report, "utf8")) as Report;
    for (const { fullName, meta } of counted.testResults.flatMap(({ assertionResults }) => assertionResults))
      if (meta?.notRun !== undefined) console.log(`not run: ${fullName}, ${meta.notRun}`);
    const broken = vitest.status === 0 ? 0 : Math.max(1, counted.numFailedTests, counted.numFailedTestSuites);
    return { passed: counted.numPassedTests, failed: broken };
  } catch (error) {
    console.error("vitest wrote no report:", error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Prints the sum, which is the last line, and sets the exit status. */
export function conclude(...counts: readonly Counts[]): void {
  const passed = counts.reduce((sum, one) => sum + one.passed, 0);
  const failed = counts.reduce((sum, one) => sum + one.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
