// Types, lint, format, unused code and contracts: `npm run check`.
import { fileURLToPath } from "node:url";
import { runChecks } from "./checks.ts";

const { failed } = runChecks(fileURLToPath(new URL("..", import.meta.url)));
process.exitCode = failed === 0 ? 0 : 1;
