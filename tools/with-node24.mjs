// Runs a script of this repository on its own Node 24, installing what is missing first.
// Plain JavaScript, because the machine's own Node (20 or later) starts it.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const lockFile = `${root}package-lock.json`;
const stamp = `${root}node_modules/.installed`;
const node = `${root}node_modules/node/bin/node`;
const wanted = createHash("sha256").update(readFileSync(lockFile)).digest("hex");

const installed = existsSync(stamp) && existsSync(node) && readFileSync(stamp, "utf8") === wanted;
if (!installed) {
  console.error("Installing dependencies (npm ci) …");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0) {
    console.error("Cannot install dependencies: `npm ci` failed (above). Mend that, then run the command again.");
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

const [script, ...args] = process.argv.slice(2);
const child = spawn(
  node,
  ["--conditions=millrace-source", "--disable-warning=ExperimentalWarning", `${root}${script}`, ...args],
  {
    stdio: "inherit",
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
