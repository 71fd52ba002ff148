import type { SerializedColumn } from "millrace/engine";

/** A dataset's rows in the engine, whatever file they came from. */
export interface Rows {
  /** Table with `row` (from 0, in the file's order), each column of `columns`, and `key` if `keyed`. */
  readonly table: string;
  readonly columns: readonly SerializedColumn[];
  /** What a missing value is in the tf.Example that decides the split. */
  readonly missing: "empty-list" | "no-kind";
  /** Whether the split's key was computed already: column `key`, sha256 in hex. */
  readonly keyed: boolean;
}
