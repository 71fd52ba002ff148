/** What `doctor` found out about one thing. */
export interface Check {
  readonly name: string;
  /** `warning`: it works, but less well than it could. */
  readonly state: "ok" | "warning" | "missing";
  readonly detail: string;
  /** What to do about it; empty if nothing. */
  readonly mend: string;
}

/** A thing that is as it should be. */
export function ok(name: string, detail: string): Check {
  return { name, state: "ok", detail, mend: "" };
}

/** A thing that works less well than it could. */
export function warning(name: string, detail: string, mend: string): Check {
  return { name, state: "warning", detail, mend };
}

/** A thing without which something fails. */
export function missing(name: string, detail: string, mend: string): Check {
  return { name, state: "missing", detail, mend };
}
