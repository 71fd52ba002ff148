import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitFiles, DirectoryStore } from "../artifacts/mod.ts";
import { StartExecution, type ExecutionSucceeded } from "../contracts/millrace/component/v1/executor.ts";
import { bundleUserFunction, ExecutorClient, failureOf, stopBundler } from "../executor/mod.ts";
import { MillraceError } from "../model/mod.ts";

const main = fileURLToPath(new URL("./fixtures/line-counter.ts", import.meta.url));

const countModule = `export function count(text: string): number {
  console.log("counting");
  if (text === "") {
    throw new RangeError("an empty text");
  }
  return text.split("\\n").length;
}
export const none = () => 0;
`;

const digests = (result: ExecutionSucceeded) => result.outputs.map(({ artifact }) => artifact?.digest);

describe("serveExecutor()", () => {
  let root: string;
  let store: DirectoryStore;
  let client: ExecutorClient;
  let executions = 0;

  beforeAll(async () => {
    root = mkdtempSync(`${tmpdir()}/millrace-serve-executor-`);
    store = new DirectoryStore(`${root}/store`);
    writeFileSync(`${root}/count.ts`, countModule);
    const env = { ...process.env, MILLRACE_STORE: `${root}/store` };
    client = new ExecutorClient({ executor: { spawn: { main, env, output: new PassThrough().resume() } } });
    await client.warm();
  });
  afterAll(async () => {
    await client.close();
    await stopBundler();
    rmSync(root, { recursive: true, force: true });
  });

  const textOf = (content: string) => commitFiles(store, "text", { "data.txt": content }, { type: "Dataset" });

  async function codeOf(exportName: string): Promise<string> {
    const files = await bundleUserFunction({ entryFile: "count.ts", exportName, baseDir: root });
    return (await commitFiles(store, `code-${exportName}`, files, { type: "Code" })).digest;
  }

  interface Given {
    readonly text?: string;
    readonly digest?: string;
    readonly exportName?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly without?: "inputs" | "code";
    readonly lines?: string[];
  }

  async function execute(given: Given = {}): Promise<ExecutionSucceeded> {
    const { text = "a\nb", exportName = "count", parameters = {} } = given;
    const artifact = { ...(await textOf(text)), ...(given.digest === undefined ? {} : { digest: given.digest }) };
    const start = StartExecution.create({
      component: "line-counter",
      node: "counter",
      run: `run-${executions}`,
      parametersJson: JSON.stringify(parameters),
      inputs: given.without === "inputs" ? [] : [{ name: "text", artifact, path: "" }],
      code:
        given.without === "code"
          ? []
          : [{ parameter: "count", exportName, digest: await codeOf(exportName), path: "" }],
      seed: 7n,
    });
    executions += 1;
    return client.execute(`execution-${executions}`, start, {
      onReport: (report) => report.$case === "log" && given.lines?.push(report.value.message),
    });
  }

  async function errorOf(given: Given): Promise<MillraceError> {
    const thrown = await execute(given).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(MillraceError);
    return thrown as MillraceError;
  }

  it("commits what the component wrote, with its properties, metrics, note and environment", async () => {
    const result = await execute({ parameters: { times: 3 } });
    expect(result).toMatchObject({
      outputs: [
        { name: "count", artifact: { type: "Count", properties: { lines: "6" }, files: 1 } },
        { name: "report", artifact: { type: "Report" } },
      ],
      metrics: { lines: 6 },
      note: "6 lines",
      environment: { componentVersion: "3", backend: "wasm", versions: { counter: "1.2" } },
    });
    const directory = await store.open(result.outputs[0]?.artifact?.digest ?? "");
    expect(readFileSync(`${directory}/count.txt`, "utf8")).toBe("6");
    const report = await store.open(result.outputs[1]?.artifact?.digest ?? "");
    expect(readFileSync(`${report}/report.txt`, "utf8")).toBe("seed 7, push false");
  });

  it("gives equal digests to equal work in another run", async () => {
    expect(digests(await execute())).toEqual(digests(await execute()));
  });

  it("leaves out an optional output that was omitted", async () => {
    const { outputs } = await execute({ parameters: { report: false } });
    expect(outputs.map(({ name }) => name)).toEqual(["count"]);
  });

  it("hands on what the author's function prints as log lines", async () => {
    const lines: string[] = [];
    await execute({ lines });
    expect(lines).toContain("counting");
  });

  it("names the author's file and line when their function throws, and leaves nothing in staging", async () => {
    const error = await errorOf({ text: "" });
    expect(failureOf(error)).toMatchObject({ code: "user-code", file: "count.ts", line: 4, column: 11 });
    expect(failureOf(error).stack).toMatch(/^RangeError: an empty text\n\s+at count \(count\.ts:4:11\)/);
    const left = readdirSync(`${root}/store/staging`, { recursive: true }).filter((path) => String(path).includes("/"));
    expect(left).toEqual([]);
  });

  it("refuses an input whose bytes aren't those of its digest, and names the file", async () => {
    const { digest } = await textOf("soon damaged");
    const file = `${fileURLToPath(store.uriOf(digest))}/data.txt`;
    chmodSync(file, 0o644);
    writeFileSync(file, "soon damageD");
    const error = await errorOf({ digest });
    expect(error).toMatchObject({ code: "digest-mismatch", class: "terminal", place: { file } });
  });

  it.each([
    ["an input that isn't given", { without: "inputs" }, "input-missing", '"text"'],
    ["a function that isn't given", { without: "code" }, "function-missing", '"count"'],
    ["an input that the store lacks", { digest: `sha256:${"0".repeat(64)}` }, "artifact-missing", "0000"],
    ["a parameter of the wrong kind", { parameters: { times: "3" } }, "bad-parameter", '"times"'],
    ["an output that nothing was written to", { exportName: "none" }, "output-empty", '"count"'],
  ] as const)("refuses %s and names it", async (_what, given, code, named) => {
    const error = await errorOf(given);
    expect(error).toMatchObject({ code, class: "terminal", message: expect.stringContaining(named) as string });
  });
});
