/** How many characters of a run id or digest people are shown; enough to name it by. */
const shortLength = 12;

/** The beginning of a digest, without its algorithm. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, shortLength);
}

/** The beginning of a run id. */
export function shortRun(run: string): string {
  return run.slice(0, shortLength);
}

/** A duration for people; empty if there is none yet. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** A time for people, in UTC, to the second; empty if there is none yet. */
export function moment(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "" : `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** A metric for people, to four places or, if it is small, two digits. */
export function metric(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(4);
}
