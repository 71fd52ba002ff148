import { CommanderError } from "commander";
import { toMillraceError } from "millrace/model";
import { type ExitCode, exitCode } from "./exit-code.ts";
import { interrupt } from "./session/interruption.ts";
import { program } from "./program.ts";
import { WrongUse } from "./wrong-use.ts";

/**
 * Runs one command line. Errors go to stderr, in one line and what helps to understand it.
 * @returns The exit status.
 */
export async function run(args: readonly string[]): Promise<ExitCode> {
  let status: ExitCode = exitCode.done;
  process.stdout.on("error", interrupt);
  const setStatus = (code: ExitCode): void => void (status = code);
  try {
    await program(setStatus).parseAsync([...args], { from: "user" });
    return status;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCode.done : exitCode.wrongUse;
    report(thrown);
    return thrown instanceof WrongUse ? exitCode.wrongUse : exitCode.failed;
  } finally {
    process.stdout.off("error", interrupt);
  }
}

function report(thrown: unknown): void {
  if (thrown instanceof WrongUse) {
    process.stderr.write(`millrace: ${thrown.message}\n`);
    return;
  }
  const error = toMillraceError(thrown);
  process.stderr.write(`millrace: ${error.message}\n`);
  if (error.detail !== undefined && !error.message.includes(error.detail)) process.stderr.write(`${error.detail}\n`);
  const stackHelps = error.code === "user-code" || error.code === "internal";
  if (stackHelps && error.cause instanceof Error) process.stderr.write(`${error.cause.stack}\n`);
}
