import { type DataDirectory, dataDirectory, findDataDirectory } from "@millrace/local";

/** Options that every verb takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly dataDir?: string;
}

/** Options of a verb that reads. */
export interface ReadOptions extends CommonOptions {
  /** Sequence or time up to which the log is read. */
  readonly at?: string;
}

/** One call of a verb: where its data is, and where its words go. */
export interface Invocation {
  readonly data: DataDirectory;
  readonly json: boolean;
  /** Writes data to stdout: a document with --json, else text for people. */
  readonly print: (text: string) => void;
  /** Tells what is going on, on stderr. */
  readonly note: (sentence: string) => void;
}

/** Makes an invocation from a verb's options. */
export function invocationOf({ json = false, dataDir }: CommonOptions): Invocation {
  const chosen = dataDir ?? process.env["MILLRACE_DATA_DIR"];
  return {
    data: chosen === undefined ? findDataDirectory(workingDirectory()) : dataDirectory(chosen),
    json,
    print: (text) => void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    note: (sentence) => void process.stderr.write(`${sentence}\n`),
  };
}

/** The directory the user is in, which npm changes for scripts and tells. */
export function workingDirectory(): string {
  return process.env["INIT_CWD"] ?? process.cwd();
}
