import type { Plan } from "../contracts/millrace/metadata/v1/plan.ts";
import { canonicalJson, type Digest, digestOf } from "../model/mod.ts";

/**
 * The plan's digest: of its canonical JSON, without the modules' names, which are for messages only. A plan read back
 * from the log has the digest it was registered with, whichever version of Millrace wrote it: a field that was added
 * to plans later is left out where nobody set it.
 */
export function planDigest(plan: Plan): Digest {
  return digestOf(canonicalJson(withoutHints(plan)));
}

const hints = new Set(["module", "_unknownFields"]);

/** Fields that plans of earlier versions lack, which are read as 0. */
const addedLater = new Set(["nodeTimeoutMs"]);

function withoutHints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHints);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => member !== undefined && !hints.has(key) && !(addedLater.has(key) && member === 0n))
      .map(([key, member]) => [key, withoutHints(member)]),
  );
}
