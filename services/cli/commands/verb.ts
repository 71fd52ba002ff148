import type { Command } from "commander";
import type { ExitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, invocationOf } from "../invocation.ts";

/** Keeps a verb's exit status for the end of the process. */
export type SetStatus = (code: ExitCode) => void;

/** A verb's work; what it resolves to is the exit status. */
export type Verb<Options> = (invocation: Invocation, options: Options, args: readonly string[]) => Promise<ExitCode>;

/**
 * Gives a command its verb, loaded when the command runs.
 * @param examples Command lines and what they do, for --help.
 */
export function withVerb<Options extends CommonOptions>(
  command: Command,
  setStatus: SetStatus,
  load: () => Promise<Verb<Options>>,
  examples: Readonly<Record<string, string>>,
): Command {
  return command
    .option("--json", "print one JSON document and nothing else")
    .option("--data-dir <dir>", "directory that keeps everything (default: the nearest .millrace)")
    .addHelpText("after", exampleText(examples))
    .action(async (...given: unknown[]) => {
      const options = command.opts<Options>();
      const args = given
        .slice(0, command.registeredArguments.length)
        .flat()
        .filter((value) => value !== undefined)
        .map(String);
      const verb = await load();
      setStatus(await verb(invocationOf(options), options, args));
    });
}

/** As withVerb, for a verb that reads the log: at any moment of it. */
export function withReadVerb<Options extends CommonOptions>(...given: Parameters<typeof withVerb<Options>>): Command {
  return withVerb(...given).option(
    "--at <sequence|time>",
    "as things stood at a sequence of the log, or a time (ISO 8601)",
  );
}

function exampleText(examples: Readonly<Record<string, string>>): string {
  const lines = Object.entries(examples).map(([line, what]) => `  $ ${line}\n      ${what}`);
  return `\nExamples:\n${lines.join("\n")}`;
}
