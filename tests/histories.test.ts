import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Event } from "millrace/contracts/millrace/event/v1/event.ts";
import { decodeEvent } from "millrace/journal";
import { foldRuns, listRuns } from "millrace/projections";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GoldenHistory, projectionsOf } from "./support/golden-history.ts";

const directory = join(import.meta.dirname, "histories");
const ending = ".history.gz";
const names = readdirSync(directory)
  .filter((name) => name.endsWith(ending))
  .map((name) => name.slice(0, -ending.length));

it("has a history of every version, of every fate", () => {
  expect(names).toEqual(expect.arrayContaining(["0.1.0", "0.1.0-fates"]));
});

describe.each(names)("the history %s", (name) => {
  let golden: GoldenHistory;

  beforeAll(async () => {
    golden = await GoldenHistory.read(join(directory, `${name}${ending}`));
  });

  afterAll(() => golden[Symbol.dispose]());

  it("folds to what it was folded to by the version that wrote it", async () => {
    const expected = JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8")) as object;
    expect(await projectionsOf(golden)).toMatchObject(expected);
  });

  it("can be read up to any moment", async () => {
    const last = await golden.log.leaderLastSequence();
    for (let to = 1; to <= last; to += 1 + Math.floor(last / 50)) {
      const folds = await foldRuns(golden.log, { to });
      const listed = await listRuns(golden.log, 0, { to });
      expect(listed.map(({ run }) => run).sort()).toEqual(
        [...folds.values()]
          .filter(({ started }) => started)
          .map(({ run }) => run)
          .sort(),
      );
    }
  });

  it("keeps every byte of every event when it is decoded and encoded again", async () => {
    for await (const { data, sequence } of golden.log.read([])) {
      const event = decodeEvent(Uint8Array.from(data));
      if (event === undefined) continue;
      const again = Event.encode(event).finish();
      expect(again.length, `message ${sequence}`).toBe(data.length);
      expect(decodeEvent(Uint8Array.from(again))).toEqual(event);
    }
  });
});
