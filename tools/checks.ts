// What is checked without running the code: types, lint, format, unused code, contracts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Checks by name, in the order in which they are most likely to say something useful. */
const checks: readonly (readonly [name: string, tool: string, ...args: readonly string[]])[] = [
  ["types", "tsc", "-p", "tsconfig.json"],
  ["lint", "oxlint", "--type-aware", "--deny-warnings"],
  ["format", "oxfmt", "--check", "."],
  ["unused", "knip"],
  ["contracts: lint", "buf", "lint"],
  ["contracts: breaking", "buf", "breaking", "--against", "proto/baseline.binpb"],
];

/** Runs all checks, prints what each says if it fails, and counts them. */
export function runChecks(root: string): { readonly passed: number; readonly failed: number } {
  const results = checks.map(([name, tool, ...args]) => {
    const ran = spawnSync(join(root, "node_modules/.bin", tool), args, { cwd: root, encoding: "utf8" });
    const passed = ran.status === 0;
    console.log(`${passed ? "✓" : "✗"} ${name}`);
    if (!passed) console.log(`${ran.stdout ?? ""}${ran.stderr ?? ""}${ran.error?.message ?? ""}`);
    return passed;
  });
  const passed = results.filter(Boolean).length;
  return { passed, failed: results.length - passed };
}
