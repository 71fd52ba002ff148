import { Terminal } from "../model/mod.ts";

/** Where in a history file something is. */
export interface RecordPlace {
  /** Number of the record, from 1. */
  readonly record: number;
  /** Byte of the file, uncompressed, at which it begins. */
  readonly offset: number;
}

/** The error of a history file that is not as it was written. */
export function damaged(file: string, { record, offset }: RecordPlace, what: string): Terminal {
  const message =
    `Cannot read the history ${file} as it must be whole: record ${record}, at byte ${offset}, ${what}. ` +
    `Nothing of it was imported. Copy or export it again`;
  return new Terminal("history-damaged", message, { file });
}
