import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StartExecution } from "../contracts/millrace/component/v1/executor.ts";
import { MillraceError } from "../model/mod.ts";
import { ExecutorClient, type ExecutorClientOptions } from "./executor-client.ts";
import { failureOf } from "./failure.ts";
import type { ExecutionReport } from "./reporter.ts";

const main = fileURLToPath(new URL("./fixtures/moody-executor.ts", import.meta.url));
const { signal: never } = new AbortController();

function start(mood: string, more: Partial<StartExecution> = {}, value?: number): StartExecution {
  return StartExecution.create({ node: "trainer", parametersJson: JSON.stringify({ mood, value }), ...more });
}

async function errorOf(work: Promise<unknown>): Promise<MillraceError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(MillraceError);
  return thrown as MillraceError;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts an execution and waits until it says that it is under way. */
async function underWay(client: ExecutorClient, id: string, command: StartExecution, signal = never) {
  const said = Promise.withResolvers<void>();
  const result = client.execute(id, command, { signal, onReport: () => said.resolve() });
  result.catch(() => undefined);
  await said.promise;
  return { result };
}

async function pidOf(client: ExecutorClient): Promise<number> {
  return (await client.execute("pid", start("works"))).metrics["pid"] ?? 0;
}

describe("ExecutorClient with a child", () => {
  const clients: ExecutorClient[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  function connect(options: Partial<ExecutorClientOptions> = {}): ExecutorClient {
    const client = new ExecutorClient({
      executor: { spawn: { main, output: new PassThrough().resume() } },
      ...options,
    });
    clients.push(client);
    return client;
  }

  it("returns what the execution succeeded with, and its reports before it", async () => {
    const reports: ExecutionReport[] = [];
    const result = await connect().execute("e1", start("works", {}, 7), { onReport: (report) => reports.push(report) });
    expect(result.metrics["value"]).toBe(7);
    expect(reports).toMatchObject([
      { $case: "log", value: { level: 30, message: "working on e1" } },
      { $case: "progress", value: { fraction: 0.5, message: "half" } },
      { $case: "metric", value: { name: "loss", value: 0.25, step: 3n } },
    ]);
  });

  it("runs many executions at once in one process and gives each its own result", async () => {
    const client = connect();
    const values = Array.from({ length: 50 }, (_, value) => value);
    const results = await Promise.all(values.map((value) => client.execute(`e${value}`, start("works", {}, value))));
    expect(results.map(({ metrics }) => metrics["value"])).toEqual(values);
    expect(new Set(results.map(({ metrics }) => metrics["pid"])).size).toBe(1);
  });

  it("tells where executions run", async () => {
    expect(await connect().describe()).toMatchObject({ backend: "moody", versions: { chdb: "26.7" } });
  });

  it("keeps class, code, message and place of a failure", async () => {
    expect(await errorOf(connect().execute("e", start("failsTerminally")))).toMatchObject({
      class: "terminal",
      code: "csv-ragged-row",
      message: "Row 3 has 2 cells",
      place: { file: "data.csv", line: 3, column: 5 },
    });
  });

  it("keeps the delay of a retryable failure", async () => {
    const error = await errorOf(connect().execute("e", start("failsRetryably")));
    expect(error).toMatchObject({ class: "retryable", code: "server-away", retryAfterMs: 1_234 });
  });

  it("gives the stack of an unexpected error and what was printed before it", async () => {
    const failure = failureOf(await errorOf(connect().execute("e", start("throwsPlainly"))));
    expect(failure).toMatchObject({ code: "internal", message: "a bug" });
    expect(failure.stack).toMatch(/^TypeError: a bug\n\s+at .*moody-executor\.ts:\d+:\d+/);
    expect(failure.stderrTail).toBe("about to throw\n");
  });

  it("fails what was under way when the process dies, with its signal and the last 4 KiB it printed", async () => {
    const client = connect();
    const { result: bystander } = await underWay(client, "bystander", start("waits"));
    const failure = failureOf(await errorOf(client.execute("e", start("crashes"))));
    expect(failure).toMatchObject({ code: "executor-crashed" });
    expect(failure.message).toContain("SIGKILL");
    expect(failure.stderrTail).toMatch(/^é+last words$/);
    expect(Buffer.byteLength(failure.stderrTail)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(failure.stderrTail)).toBeGreaterThan(4090);
    expect(await errorOf(bystander)).toMatchObject({ code: "executor-crashed", class: "retryable" });
    expect(client.stderrTail).toContain("last words");
  });

  it("starts a new process after a crash", async () => {
    const client = connect();
    const before = await pidOf(client);
    await errorOf(client.execute("e", start("crashes")));
    expect(await pidOf(client)).not.toBe(before);
  });

  it("reports an uncaught exception as a crash, with the error in what it printed", async () => {
    const error = await errorOf(connect().execute("e", start("throwsUncaught")));
    expect(error).toMatchObject({
      code: "executor-crashed",
      message: expect.stringContaining("exit code 1") as string,
    });
    expect(error.detail).toContain("uncaught 7");
  });

  it("fails only the execution whose promise was rejected unawaited", async () => {
    const client = connect();
    const { result: bystander } = await underWay(client, "bystander", start("waits"));
    const error = await errorOf(client.execute("e", start("rejectsUnawaited")));
    expect(error).toMatchObject({ code: "unhandled-rejection", class: "terminal" });
    expect(await Promise.race([bystander, client.execute("after", start("works", {}, 1))])).toMatchObject({
      metrics: { value: 1 },
    });
  });

  it("stops an execution on its signal", async () => {
    const client = connect();
    const controller = new AbortController();
    const { result } = await underWay(client, "e", start("waits"), controller.signal);
    controller.abort(new Error("the run was cancelled"));
    expect(await errorOf(result)).toMatchObject({
      class: "cancelled",
      message: "Stopped on request: the run was cancelled",
    });
  });

  it("starts nothing when the signal has aborted already", async () => {
    expect(await errorOf(connect().execute("e", start("works"), { signal: AbortSignal.abort() }))).toMatchObject({
      class: "cancelled",
    });
  });

  it.each(["ignores", "blocks"])("ends the process of an execution that %s its cancel", async (mood) => {
    const client = connect({ stopGraceMs: 100 });
    const pid = await pidOf(client);
    const controller = new AbortController();
    const { result } = await underWay(client, "e", start(mood), controller.signal);
    controller.abort();
    expect(await errorOf(result)).toMatchObject({ class: "cancelled" });
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(await pidOf(client)).not.toBe(pid);
  });

  it("gives no more work to a process that does not stop, and starts another beside it", async () => {
    const client = connect({ retireAfterMs: 50, stopGraceMs: 60_000 });
    const pid = await pidOf(client);
    const controller = new AbortController();
    const { result } = await underWay(client, "stuck", start("ignores"), controller.signal);
    controller.abort();
    let other = pid;
    await expect.poll(async () => (other = await pidOf(client)), { timeout: 20_000 }).not.toBe(pid);
    expect([isAlive(pid), isAlive(other)]).toEqual([true, true]);
    await client.close();
    expect(await errorOf(result)).toMatchObject({ class: "cancelled" });
    await expect.poll(() => [isAlive(pid), isAlive(other)], { timeout: 20_000 }).toEqual([false, false]);
  });

  it("stops an execution at its deadline", async () => {
    const error = await errorOf(connect().execute("e", start("waits", { deadlineMs: 50n })));
    expect(error).toMatchObject({ class: "retryable", code: "attempt-timeout" });
  });

  it("ends the process of an execution that blocks past its deadline", async () => {
    const client = connect({ stopGraceMs: 100 });
    const error = await errorOf(client.execute("e", start("blocks", { deadlineMs: 50n })));
    expect(error).toMatchObject({ class: "retryable", code: "attempt-timeout" });
  });

  it("bounds what an execution may log", async () => {
    const reports: ExecutionReport[] = [];
    await connect().execute("e", start("chatters"), { onReport: (report) => reports.push(report) });
    const messages = reports.map(({ value }) => ("message" in value ? value.message : ""));
    expect(messages).toHaveLength(1_001);
    expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBe(8_192);
    expect(messages.at(-1)).toContain("the rest is left out");
  });

  it("lets an idle executor go and starts another when there is work again", async () => {
    const client = connect({ idleMs: 1 });
    const pid = await pidOf(client);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(await pidOf(client)).not.toBe(pid);
  });

  it("ends its process when closed, and what was under way with it", async () => {
    const client = connect();
    const pid = await pidOf(client);
    const { result } = await underWay(client, "e", start("waits"));
    await client.close();
    expect(isAlive(pid)).toBe(false);
    expect(await errorOf(result)).toMatchObject({ class: "cancelled" });
  });

  it("says why a process didn't start", async () => {
    const client = connect({ executor: { spawn: { main: "/nowhere/main.ts", output: new PassThrough().resume() } } });
    const error = await errorOf(client.execute("e", start("works")));
    expect(error).toMatchObject({ code: "executor-start", class: "retryable" });
    expect(error.detail).toContain("/nowhere/main.ts");
  });

  it("leaves no executor behind when its agent is killed", async () => {
    const agent = fileURLToPath(new URL("./fixtures/agent-with-executor.ts", import.meta.url));
    const child = spawn(process.execPath, [...process.execArgv, agent, main], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    child.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  });
});

describe("ExecutorClient with an address", () => {
  let child: ChildProcess;
  let client: ExecutorClient;
  beforeEach(async () => {
    child = spawn(process.execPath, [...process.execArgv, main, "executor", "127.0.0.1:0"], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const [message] = (await once(child, "message")) as [{ listening: string }];
    client = new ExecutorClient({ executor: { address: message.listening } });
  });
  afterEach(async () => {
    await client.close();
    child.kill("SIGKILL");
  });

  it("calls the executor that is there", async () => {
    const { metrics } = await client.execute("e", start("works", {}, 3));
    expect(metrics).toMatchObject({ value: 3, pid: child.pid });
  });

  it("leaves the executor alone when it closes", async () => {
    await client.execute("e", start("works"));
    await client.close();
    expect(child.exitCode ?? child.signalCode).toBeNull();
  });

  it("fails what was under way, to be tried again, when the executor is lost", async () => {
    const { result } = await underWay(client, "e", start("waits"));
    child.kill("SIGKILL");
    expect(await errorOf(result)).toMatchObject({ code: "executor-unreachable", class: "retryable" });
  });

  it("fails what was under way, to be tried again, when the executor is told to end", async () => {
    const { result } = await underWay(client, "e", start("waits"));
    child.kill("SIGTERM");
    expect(await errorOf(result)).toMatchObject({ code: "executor-closing", class: "retryable" });
  });
});
