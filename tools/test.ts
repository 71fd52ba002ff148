// Every test: `npm test`. Checks of the code first, then vitest; ends with a line `N passed, N failed`.
// `npm test -- PATTERN` runs only the test files whose path holds the pattern, without the checks.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChecks } from "./checks.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const patterns = process.argv.slice(2);

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Runs vitest and reads its counts from the report it writes; a run without a report is one failure. */
function runVitest(files: readonly string[]): Counts {
  const directory = mkdtempSync(join(tmpdir(), "millrace-test-"));
  const report = join(directory, "report.json");
  try {
    const vitest = spawnSync(
      process.execPath,
      [
        join(root, "node_modules/vitest/vitest.mjs"),
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${report}`,
        ...files,
      ],
      { cwd: root, stdio: "inherit" },
    );
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, "utf8")) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly numFailedTestSuites: number;
    };
    const broken = vitest.status === 0 ? 0 : Math.max(1, numFailedTests, numFailedTestSuites);
    return { passed: numPassedTests, failed: broken };
  } catch (error) {
    console.error("vitest wrote no report:", error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const checks = patterns.length === 0 ? runChecks(root) : { passed: 0, failed: 0 };
const tests = runVitest(patterns);
const failed = checks.failed + tests.failed;
console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
