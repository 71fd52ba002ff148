import type { Pinnable } from "millrace/control";
import type { Log } from "millrace/log";
import { isDigest, MillraceError, Terminal } from "millrace/model";
import { findRun, listArtifacts } from "millrace/projections";
import type { Invocation } from "../invocation.ts";
import { keptRuns } from "./kept-runs.ts";

/** Least digits of a digest's beginning. */
const digitsMin = 6;

/**
 * What a name means: a run by its id, the beginning of one or `latest`; or an artifact by its digest or the beginning of
 * that, with or without `sha256:`.
 * @throws {Terminal} `unknown-artifact`, `ambiguous-artifact`; `ambiguous-run`.
 */
export async function findPinnable(log: Log, invocation: Invocation, name: string): Promise<Pinnable> {
  if (isDigest(name)) return { kind: "artifact", digest: name };
  const run = name.startsWith("sha256:") ? undefined : await runOf(log, invocation, name);
  if (run !== undefined) return { kind: "run", run };
  const beginning = name.replace(/^sha256:/, "");
  const digests = (await listArtifacts(log, String, { kept: keptRuns(log, invocation) })).map(({ digest }) => digest);
  const matching = [...new Set(digests)].filter((digest) => digest.startsWith(`sha256:${beginning}`));
  const [digest] = matching;
  if (digest !== undefined && matching.length === 1 && beginning.length >= digitsMin)
    return { kind: "artifact", digest };
  if (digest === undefined)
    throw new Terminal(
      "unknown-artifact",
      `Cannot find ${name}: no run and no artifact begins so. \`millrace artifacts\` and \`millrace runs\` list them`,
    );
  throw new Terminal(
    "ambiguous-artifact",
    `Cannot tell which artifact ${name} is: ${matching.length} begin so. Give more digits`,
  );
}

async function runOf(log: Log, invocation: Invocation, name: string): Promise<string | undefined> {
  try {
    return (await findRun(log, name, { kept: keptRuns(log, invocation) })).run;
  } catch (error) {
    if (error instanceof MillraceError && error.code === "unknown-run") return undefined;
    throw error;
  }
}
