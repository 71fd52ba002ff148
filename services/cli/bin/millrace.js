#!/usr/bin/env node
// Plain JavaScript, because whatever Node the machine has starts it: runs `millrace` on a Node that is new enough, the
// project's own where there is one (npm package `node`), from source in a checkout and built in a package.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const oldest = [22, 18];
const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "main.ts");
const fromSource = existsSync(source);
const main = fromSource ? source : join(root, "dist", "main.js");

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** The nearest `node` that npm installed, from a directory upwards. */
function installedNode(from) {
  const path = join(from, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(path)) return path;
  return dirname(from) === from ? undefined : installedNode(dirname(from));
}

function run(node) {
  const conditions = fromSource ? ["--conditions=millrace-source"] : [];
  const options = [...conditions, "--disable-warning=ExperimentalWarning"];
  const child = spawn(node, [...options, main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 1;
  });
}

const installed = installedNode(process.cwd()) ?? installedNode(root);
if (isNewEnough(process.versions.node)) {
  if (fromSource) run(process.execPath);
  else await import(pathToFileURL(main).href);
} else if (installed !== undefined) {
  run(installed);
} else {
  console.error(
    `millrace needs Node ${oldest.join(".")} or newer and this is ${process.versions.node}: npm install --save-dev node@24`,
  );
  process.exitCode = 1;
}
