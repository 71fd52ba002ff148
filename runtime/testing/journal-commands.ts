import { CacheMiss } from "../contracts/millrace/event/v1/event.ts";
import * as fc from "fast-check";
import type { JournalCommand } from "../journal/mod.ts";

const budget = { attemptsMax: 3, backoffMinMs: 100, backoffMaxMs: 1_000 };

/** Commands that agents, rivals and sweepers may give a journal, legal or not in its state. */
export function journalCommands(claimIds: readonly string[]): fc.Arbitrary<JournalCommand> {
  const epoch = fc.integer({ min: 0, max: 2 });
  const claimEventId = fc.constantFrom(...claimIds);
  return fc.oneof(
    fc.record({ type: fc.constant("claim" as const), epoch, claim: fc.constant(anyClaim) }),
    fc.record({
      type: fc.constant("complete" as const),
      epoch,
      completed: claimEventId.map((id) => ({ ...anyCompleted, claimEventId: id })),
    }),
    fc.record({
      type: fc.constant("complete" as const),
      epoch,
      completed: fc.constant({ ...anyCompleted, reused: anyExecution }),
    }),
    fc.record({
      type: fc.constant("fail" as const),
      epoch,
      claimEventId,
      retryable: fc.boolean(),
      failure: fc.constant(anyFailure),
      retry: fc.constant(budget),
    }),
    fc.record({
      type: fc.constant("skip" as const),
      epoch,
      skipped: fc.constant({ input: "a", causeNode: "b", reason: "b failed" }),
    }),
    fc.record({ type: fc.constant("cancel" as const), epoch, reason: fc.constant("enough") }),
  );
}

const anyClaim = {
  durable: "d",
  triggerSequence: 1n,
  inputs: [],
  environment: undefined,
  cacheKey: "",
  blessedSequence: 0n,
  cacheMiss: CacheMiss.CACHE_MISS_UNSPECIFIED,
};
const anyCompleted = {
  claimEventId: "",
  outputs: [],
  reused: undefined,
  metrics: {},
  environment: undefined,
  inputs: [],
  cacheKey: "",
  note: "",
};
const anyExecution = {
  pipeline: "p",
  run: "r",
  component: "c",
  node: "n",
  completedEventId: "e",
  completedSequence: 1n,
};
const anyFailure = { code: "x", message: "y", file: "", line: 0, column: 0, stack: "", stderrTail: "" };
