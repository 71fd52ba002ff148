import { execFile } from "node:child_process";

/** What became of a command that ran to its end. */
export interface CommandResult {
  readonly ok: boolean;
  /** Standard output and error together. */
  readonly output: string;
}

const outputBytesMax = 4 * 1024 * 1024;

/**
 * Runs a program without a shell and waits for its end. A program that is not there, fails or takes too long is
 * `ok: false`, never an error.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly env?: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  const settings = { timeout: options.timeoutMs, maxBuffer: outputBytesMax, env: options.env ?? process.env };
  return new Promise((resolve) => {
    execFile(program, [...args], settings, (error, stdout, stderr) => {
      const reason = error !== null && stderr === "" ? error.message : "";
      resolve({ ok: error === null, output: `${stdout}${stderr}${reason}`.trim() });
    });
  });
}
