// Writes runtime/contracts from proto/: `npm run generate`.
import { spawnSync } from "node:child_process";

const buf = spawnSync("node_modules/.bin/buf", ["generate"], { stdio: "inherit" });
process.exitCode = buf.status ?? 1;
