import { readFileSync } from "node:fs";
import { dataDirectory, startStack } from "@millrace/local";
import { connectLog } from "millrace/jetstream";
import { runIdOf } from "millrace/model";
import { describe, expect, it, vi } from "vitest";
import { publishPlainly } from "../../services/cli/publishing/publish-plainly.ts";
import { readWholeLog } from "../support/chaos/log-audit.ts";
import { missingFanOut, violationsOf } from "../support/chaos/log-rules.ts";
import { storeViolations } from "../support/chaos/file-rules.ts";
import { millSetting } from "../support/chaos/mill.ts";
import { notRun } from "../support/not-run.ts";
import { wholeRun } from "../support/run-events.ts";
import { SmallDisk } from "../support/small-disk.ts";

describe("a nats-server whose disk is full", () => {
  it("is told of, stores nothing half, and runs go on by themselves when there is space", async (context) => {
    await using setting = millSetting();
    const { work } = setting;
    const data = dataDirectory(work.path(".millrace"));
    const disk = SmallDisk.mount(data.nats, 16);
    if (typeof disk === "string") return notRun(context, disk);
    using _disk = disk;
    const said: string[] = [];
    const env = { ...process.env, MILLRACE_ACK_WAIT_MS: "2000" };
    const services = setting.services.map(({ name, main }) => ({ name, main, replicas: 1 }));
    await using stack = await startStack({
      data,
      services,
      env,
      restarted: () => {},
      notice: (line) => said.push(line),
    });
    work.set({ MILLRACE_NATS_URL: stack.natsUrl });
    await work.json("pipeline", "register", "mill/pipeline.ts");
    const [before, during] = [await publish(stack.natsUrl, "before", work.path("rye.csv")), runOf("after")];
    expect((await wholeRun(stack.natsUrl, before)).at(-1)?.type).toBe("runSucceeded");
    const caught = await publish(stack.natsUrl, "caught", work.path("oats.csv"));
    disk.fill();
    // What is left of a page still takes some.
    const untilFull = async (): Promise<never> => {
      const event = JSON.stringify(eventOf("while it fills", work.path("spelt.csv")));
      for (;;) await publishPlainly(stack.natsUrl, "mr.dataset.mill", event);
    };
    await expect(untilFull()).rejects.toThrow(/^Cannot publish to mr\.dataset\.mill: .*disk is full, free space there/);
    const logs = (): string =>
      services.map(({ name }) => readFileSync(work.path(`.millrace/logs/${name}.log`), "utf8")).join();
    await vi.waitFor(() => expect(logs()).toMatch(/answers, but stores nothing: its disk may be full/), {
      timeout: 30_000,
    });
    await vi.waitFor(() => expect(said.join()).toMatch(/stores nothing \(.*no space left/), { timeout: 30_000 });
    disk.free();
    expect((await wholeRun(stack.natsUrl, caught)).at(-1)?.type).toBe("runSucceeded");
    expect(await publish(stack.natsUrl, "after", work.path("spelt.csv"))).toBe(during);
    expect((await wholeRun(stack.natsUrl, during)).at(-1)?.type).toBe("runSucceeded");
    const runs = [before, caught, during];
    const log = await vi.waitFor(async () => {
      const read = await readWholeLog(stack.natsUrl);
      expect(missingFanOut(read, runs)).toEqual([]);
      return read;
    });
    expect(violationsOf(log, runs)).toEqual([]);
    expect(storeViolations(data.store, log)).toEqual([]);
  });
});

function runOf(id: string): string {
  return runIdOf("mill", { source: "test", sourceEventId: id });
}

/** Publishes as any client would. @returns The run that it starts. */
async function publish(natsUrl: string, id: string, uri: string): Promise<string> {
  await using log = await connectLog({ url: natsUrl, name: "test" });
  await log.append("mr.dataset.mill", Buffer.from(JSON.stringify(eventOf(id, uri))));
  return runOf(id);
}

function eventOf(id: string, uri: string): object {
  return { specversion: "1.0", id, source: "test", type: "millrace.dataset.published.v1", data: { uri } };
}
