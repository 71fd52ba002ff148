import { type Log, pause } from "../log/mod.ts";
import { MillraceError, Terminal, toMillraceError } from "../model/mod.ts";
import type { ImportedMessage } from "./imported-form.ts";

const attemptsMax = 120;
const firstDelayMs = 20;
const delayMsMax = 2_000;

/**
 * Appends a message as it is given, by compare-and-set on its subject if it first was, and settles unclear answers by
 * its bytes.
 * @returns Its sequence.
 * @throws {Terminal} `run-moved`: somebody else wrote. @throws {Retryable} `log-unavailable`.
 * Source: docs/protocol.md, Publishing (2).
 */
export async function appendCopy(
  log: Log,
  { subject, data, headers, expects }: ImportedMessage,
  expect: number,
): Promise<number> {
  let failure: MillraceError | undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (attempt > 0) await pause(log.clock, Math.min(delayMsMax, firstDelayMs * 2 ** attempt));
    const answer = await log
      .append(subject, data, { headers, ...(expects ? { expectLastSequence: expect } : {}) })
      .catch(toMillraceError);
    if (!(answer instanceof MillraceError) && answer.kind === "appended") return answer.sequence;
    failure = answer instanceof MillraceError ? answer : undefined;
    if (failure && failure.class !== "retryable") throw failure;
    const last = await log.leaderLastOf(subject).catch(toMillraceError);
    if (last instanceof MillraceError) failure = last;
    else if (last && last.sequence > expect && Buffer.compare(last.data, data) === 0) return last.sequence;
    else if ((last?.sequence ?? 0) !== expect) throw moved(subject);
  }
  throw failure ?? moved(subject);
}

function moved(subject: string): Terminal {
  const message = `Cannot go on importing the run as nobody else may write on ${subject} meanwhile: somebody did. Import it again`;
  return new Terminal("run-moved", message);
}
