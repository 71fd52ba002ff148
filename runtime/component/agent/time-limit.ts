import type { Failure } from "../../contracts/millrace/event/v1/event.ts";
import { attemptTimeoutMs, claimBound, nodeTimeoutMs } from "../../driver/mod.ts";
import type { PlacedNode } from "../../driver/mod.ts";
import { failureOf } from "../../executor/mod.ts";
import type { Journal, TimeLeft } from "../../journal/mod.ts";
import type { Clock } from "../../log/mod.ts";
import { type MillraceError, Retryable, Terminal } from "../../model/mod.ts";
import type { Running } from "./running.ts";

/** Longest delay that a timer of Node takes; a bound beyond it is no bound within any process's life. */
const timerMsMax = 2_147_483_647;

/** A claim's time: it stops the work when it is over. */
export interface TimeLimit extends Disposable {
  /** What is left for the node's other attempts after this one failed; undefined for a node without a bound. */
  leftAfter(failed: MillraceError): TimeLeft | undefined;
}

/**
 * Bounds the work of a claim by its attempt's time and its node's.
 * @param claimed The node's journal as read behind the claim: server times alone, whatever this machine's clock says.
 */
export function limitTime(clock: Clock, { node }: PlacedNode, running: Running, claimed: Journal): TimeLimit {
  const bound = claimBound(node, claimed);
  const startedAtMs = clock.monotonicMs();
  const stop = (): void => running.stop.abort(bound.by);
  const endTimer = bound.ms <= timerMsMax && bound.ms > 0 ? clock.after(bound.ms, stop) : () => undefined;
  if (bound.ms <= 0) stop();
  return {
    leftAfter(failed) {
      const timeoutMs = nodeTimeoutMs(node);
      if (timeoutMs === undefined) return undefined;
      const before = (claimed.claim?.timeMs ?? 0) - (claimed.firstClaimedMs ?? claimed.claim?.timeMs ?? 0);
      const ms = Math.max(0, timeoutMs - before - (clock.monotonicMs() - startedAtMs));
      return { ms, failure: nodeTimeoutFailure(node, claimed.attempts, failed) };
    },
    [Symbol.dispose]: () => endTimer(),
  };
}

/** The error of an attempt that took too long. */
export function attemptTimeout({ node }: PlacedNode, { attempt }: Running): Retryable {
  return new Retryable(
    "attempt-timeout",
    `Stopped ${node.name}: attempt ${attempt} must end within ${attemptTimeoutMs(node)} ms (attemptTimeoutMs). Raise that, or give it less to do`,
  );
}

/** The error of a node whose attempts took too long together. */
export function nodeTimeout({ node }: PlacedNode, { attempt }: Running): Terminal {
  return toTerminal(nodeTimeoutSentence(node, attempt));
}

/** The failure of a node whose next attempt would begin too late. @param last What its last attempt ended in. */
export function nodeTimeoutFailure(node: PlacedNode["node"], attempts: number, last?: MillraceError): Failure {
  const because = last === undefined ? "" : `. The last one ended in ${last.code}: ${last.message}`;
  return failureOf(toTerminal(nodeTimeoutSentence(node, attempts) + because));
}

function nodeTimeoutSentence(node: PlacedNode["node"], attempts: number): string {
  return `Gave up ${node.name} at attempt ${attempts}: its attempts and the waits between them must end within ${nodeTimeoutMs(node) ?? 0} ms together (nodeTimeoutMs), each within ${attemptTimeoutMs(node)} ms (attemptTimeoutMs)`;
}

function toTerminal(message: string): Terminal {
  return new Terminal("node-timeout", message);
}
