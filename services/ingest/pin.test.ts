import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitFiles, openArtifactStore, openStoreKeeper, planReader } from "millrace/artifacts";
import type { ArtifactStore } from "millrace/artifacts";
import { createPlans } from "millrace/driver";
import { MemoryLog, subjectsOf } from "millrace/log";
import { readRetentions } from "millrace/projections";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ControlContext } from "./control-server.ts";
import { handlePin, handleUnpin } from "./pin.ts";

let directory: string;
let store: ArtifactStore;
let context: ControlContext;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pin-"));
  store = openArtifactStore(directory);
  const log = new MemoryLog();
  const plans = createPlans(log, planReader(store));
  context = { log, subjects: subjectsOf("mr"), store, plans, pushRoot: undefined };
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("the RPCs Pin and Unpin", () => {
  it("pin an artifact, also one that is just being collected, and take the pin away", async () => {
    const { digest: value } = await commitFiles(store, "e", { "a.txt": "1" }, { type: "Text" });
    await openStoreKeeper(directory).discard([value]);
    const what = { $case: "digest", value } as const;
    expect(await handlePin(context, { what, reason: "audit" })).toEqual({ sequence: 1n });
    expect(await store.has(value)).toBe(true);
    expect((await readRetentions(context.log)).get(value)?.pinned).toBe("audit");
    expect(await handlePin(context, { what, reason: "audit" })).toEqual({ sequence: 0n });
    expect(await handleUnpin(context, { what, reason: "" })).toEqual({ sequence: 2n });
    expect(await handleUnpin(context, { what, reason: "" })).toEqual({ sequence: 0n });
  });

  it("pin a run, and refuse what is neither a run nor an artifact that is there", async () => {
    expect(await handlePin(context, { what: { $case: "run", value: "r1" }, reason: "" })).toEqual({ sequence: 1n });
    const wrong = handlePin(context, { what: { $case: "digest", value: "sha256:12" }, reason: "" });
    await expect(wrong).rejects.toMatchObject({ code: "bad-field" });
    await expect(handlePin(context, { what: undefined, reason: "" })).rejects.toMatchObject({ code: "bad-field" });
    const value = `sha256:${"0".repeat(64)}`;
    const gone = handlePin(context, { what: { $case: "digest", value }, reason: "" });
    await expect(gone).rejects.toMatchObject({ code: "collected" });
  });
});
