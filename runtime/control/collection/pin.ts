import { subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { hexOf, Terminal } from "../../model/mod.ts";
import { writeRetention } from "./write-retention.ts";

/** What is pinned: an artifact by its digest, or a run with everything that it refers to. */
export type Pinnable =
  | { readonly kind: "artifact"; readonly digest: string }
  | { readonly kind: "run"; readonly run: string };

/** A pin as it stands after the command. */
export interface PinResult {
  /** Sequence of what was written; null if it was so already. */
  readonly sequence: number | null;
  readonly changed: boolean;
}

/**
 * Keeps an artifact, or everything that a run refers to, whatever the retention policy says; pinning again with the same
 * reason changes nothing.
 * @param isThere Whether an artifact's bytes are there still, or can be brought back.
 * @throws {Terminal} `collected`: they are gone. @throws {Retryable} `retention-busy`.
 */
export async function pin(
  log: Log,
  what: Pinnable,
  reason: string,
  isThere: (digest: string) => Promise<boolean>,
): Promise<PinResult> {
  if (what.kind === "artifact" && !(await isThere(what.digest)))
    throw new Terminal(
      "collected",
      `Cannot pin artifact ${what.digest} as its bytes must be in the store: they are gone. Reproduce the run that made it, then pin it`,
    );
  const { sequence } = await writeRetention(log, subjectOf(log, what), ({ pinned }) =>
    pinned === reason ? undefined : { $case: "pinned", value: { reason } },
  );
  return { sequence: sequence ?? null, changed: sequence !== undefined };
}

/** Takes a pin away; what is not pinned stays so. @throws {Retryable} `retention-busy`. */
export async function unpin(log: Log, what: Pinnable, reason: string): Promise<PinResult> {
  const { sequence } = await writeRetention(log, subjectOf(log, what), ({ pinned }) =>
    pinned === undefined ? undefined : { $case: "unpinned", value: { reason } },
  );
  return { sequence: sequence ?? null, changed: sequence !== undefined };
}

function subjectOf(log: Log, what: Pinnable): string {
  const subjects = subjectsOf(log.namespace);
  return what.kind === "run" ? subjects.pin(what.run) : subjects.artifactChain(hexOf(what.digest));
}
