import { subjectsOf } from "../../log/mod.ts";
import type { Log } from "../../log/mod.ts";
import { hexOf } from "../../model/mod.ts";
import { writeRetention } from "./write-retention.ts";

/** Says of artifacts that were collected and are there again that they are. @returns those it was said of. */
export async function restoreChains(log: Log, digests: readonly string[]): Promise<readonly string[]> {
  const subjects = subjectsOf(log.namespace);
  const restored: string[] = [];
  for (const digest of digests) {
    const { sequence } = await writeRetention(log, subjects.artifactChain(hexOf(digest)), ({ collectedSequence }) =>
      collectedSequence === undefined
        ? undefined
        : { $case: "restored", value: { reason: "something kept refers to it, and its bytes are there" } },
    );
    if (sequence !== undefined) restored.push(digest);
  }
  return restored;
}
