// Runs a script of this repository on its own Node 24, installing what is missing first.
// Plain JavaScript, because the machine's own Node (20 or later) starts it.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const node = `${root}node_modules/node/bin/node`;

function packagesOf(file) {
  return JSON.parse(readFileSync(`${root}${file}`, "utf8")).packages;
}

/** Whether npm's record of what it installed has every package of the lock file, at its version. */
function isInstalled() {
  const record = "node_modules/.package-lock.json";
  if (!existsSync(node) || !existsSync(`${root}${record}`)) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf("package-lock.json")).every(
    ([path, { version, optional }]) =>
      !path.startsWith("node_modules/") || installed[path]?.version === version || (optional && !installed[path]),
  );
}

if (!isInstalled()) {
  console.error("Installing dependencies (npm ci) …");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.status !== 0) {
    console.error("Cannot install dependencies: `npm ci` failed (above). Mend that, then run the command again.");
    process.exit(1);
  }
}

const [script, ...args] = process.argv.slice(2);
const options = ["--conditions=millrace-source", "--disable-warning=ExperimentalWarning"];
const child = spawn(node, [...options, `${root}${script}`, ...args], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
