// Every test that needs no more than npm and pip: `npm test`. Checks of the code first, then vitest; ends with a line
// `N passed, N failed`. `npm test -- PATTERN` runs only the test files whose path holds the pattern, without the checks.
import { fileURLToPath } from "node:url";
import { runChecks } from "./checks.ts";
import { conclude, runVitest } from "./vitest.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const patterns = process.argv.slice(2);

const checks = patterns.length === 0 ? runChecks(root) : { passed: 0, failed: 0 };
conclude(checks, runVitest(root, ["unit", "integration", "end-to-end"], patterns));
