import type { LogEntry } from "../log/mod.ts";

/** Something that a look at the log and the store found. What it is not about is null. */
export interface Finding {
  /** Stable, for programs: docs/verify.md lists them. */
  readonly code: string;
  readonly sequence: number | null;
  readonly subject: string | null;
  readonly digest: string | null;
  readonly path: string | null;
  readonly message: string;
}

/** Where something was found. */
export type FoundAt = Partial<Pick<Finding, "digest" | "path">> & Partial<Pick<LogEntry, "sequence" | "subject">>;

/** Says what was found. */
export type Report = (code: string, at: FoundAt, message: string) => void;

/** Findings kept of each sort; what comes after them is only counted. */
const findingsMax = 10_000;

/** Findings of one sort. */
export class Findings {
  readonly kept: Finding[] = [];
  omitted = 0;

  readonly report: Report = (code, { sequence = null, subject = null, digest = null, path = null }, message) => {
    if (this.kept.length < findingsMax) this.kept.push({ code, sequence, subject, digest, path, message });
    else this.omitted += 1;
  };
}

/** For a second look at what was reported when it was first seen. */
export const silently: Report = () => undefined;
