import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitFiles, openArtifactStore, versionRestorer } from "millrace/artifacts";
import { rollBack } from "millrace/control";
import { decodeEvent } from "millrace/journal";
import { MemoryLog, subjectsOf } from "millrace/log";
import { Retryable, targetToken, toMillraceError } from "millrace/model";
import { intendPush, recordPushed } from "millrace/publisher";
import { afterEach, beforeEach, expect, it } from "vitest";
import { adoptRollbacks } from "./adopt-rollbacks.ts";

const destination = "serving/penguins";
const subjects = subjectsOf("mr");

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "adopt-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("adoptRollbacks() finishes, once, what a command began and did not live to finish, whichever replica does", async () => {
  const log = new MemoryLog();
  const store = openArtifactStore(join(directory, "store"));
  const pushRoot = join(directory, "push");
  for (const letter of ["a", "b"]) {
    const model = await commitFiles(store, letter, { "Format-Serving/model.json": letter }, { type: "Model" });
    const decision = await intendPush(log, subjects, {
      pipeline: "penguins",
      run: `run-${letter}`,
      node: "pushed",
      model,
      destination: targetToken(destination),
      blessedSequence: await log.leaderLastSequence(),
      startedSequence: 0,
      claimEventId: "c".repeat(32),
    });
    if (decision.kind !== "intended") throw new Error(decision.kind);
    await recordPushed(log, subjects, targetToken(destination), decision.push, "");
  }
  const killed = {
    ...versionRestorer(store, pushRoot),
    restore: () => Promise.reject(new Retryable("killed", "the command was killed")),
  };
  const request = { destination, reason: "it errs" };
  await expect(rollBack(log, killed, request)).rejects.toMatchObject({ code: "killed" });

  const troubles: unknown[] = [];
  const context = {
    log,
    subjects,
    store,
    pushRoot,
    patienceMs: 20,
    onTrouble: (thrown: unknown) => troubles.push(thrown),
  };
  const replicas = [adoptRollbacks(context), adoptRollbacks(context)];
  const stop = new AbortController();
  for await (const entry of log.follow([subjects.filters.targets], { signal: stop.signal })) {
    const body = decodeEvent(entry.data)?.body;
    if (body?.$case !== "rolledBack") continue;
    expect(body.value).toMatchObject({ reason: "it errs", served: { run: "run-a", restoredVersion: 1n } });
    const place = join(pushRoot, destination, String(body.value.served?.version), "model.json");
    expect(existsSync(place) && readFileSync(place, "utf8")).toBe("a");
    stop.abort();
  }
  await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  // Of two that copy at once one clears the other's files away; that one says so, looks again and finds it done.
  expect(troubles.filter((trouble) => toMillraceError(trouble).code !== "destination-unavailable")).toEqual([]);
  let ends = 0;
  for await (const entry of log.read([subjects.filters.targets]))
    if (decodeEvent(entry.data)?.body?.$case === "rolledBack") ends += 1;
  expect(ends).toBe(1);
});
