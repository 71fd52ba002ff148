import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MillraceError, type Json } from "../model/mod.ts";
import { bundleUserFunction, stopBundler } from "./bundle.ts";
import { networkIsolation } from "./isolation.ts";
import type { SandboxLimits } from "./sandbox-process.ts";
import { sandboxedFunction, type UserFunctionOptions } from "./user-function.ts";

const invoker = new URL("./fixtures/call-invoker.ts", import.meta.url);

const source = `import { inner } from "./inner.ts";

const builtin = (name: string): any => process.getBuiltinModule(name);
const attempt = (act: () => unknown): string => {
  try {
    act();
    return "allowed";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

export const twice = (values: readonly number[]) => values.map((value) => value * 2);
export const echo = (value: unknown) => value;
export const throws = (threshold: number) => {
  const checked = inner(threshold);
  return checked;
};
export const throwsText = () => {
  throw "just text";
};
export const throwsCoded = () => {
  throw Object.assign(new Error("zScore needs a number"), { code: "wrong-feature", field: "island" });
};
export const rejects = async () => {
  await null;
  throw new Error("later");
};
export const spins = () => {
  for (;;) {}
};
export const hoards = () => {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(1_000_000).fill(kept.length));
};
export const hoardsBytes = () => {
  const kept: Uint8Array[] = [];
  for (;;) kept.push(new Uint8Array(100_000_000).fill(1));
};
export const floods = () => "x".repeat(3_000_000);
export const exits = () => process.exit(3);
export const prints = () => {
  console.log("one line");
  console.error("another");
  return null;
};
export const environment = () => Object.keys(process.env);
export const readsOutside = () => attempt(() => builtin("fs").readFileSync("/etc/hostname"));
export const lists = (directory: string) => attempt(() => builtin("fs").readdirSync(directory));
export const writes = (path: string) => attempt(() => builtin("fs").writeFileSync(path, "x"));
export const spawns = () => attempt(() => builtin("child_process").spawnSync("id"));
export const works = () => attempt(() => new (builtin("worker_threads").Worker)("1", { eval: true }));
export const loadsAddon = () => attempt(() => process.dlopen({ exports: {} } as any, "/addon.node"));
export const signals = (pid: number) => attempt(() => process.kill(pid, 0));
export const connects = (port: number) =>
  new Promise((resolve) => {
    const socket = builtin("net").connect(port, "127.0.0.1");
    socket.on("connect", () => resolve("allowed"));
    socket.on("error", (error: { code: string }) => resolve(error.code));
  });
`;
const inner = `export function inner(threshold: number): number {
  if (threshold > 1) {
    throw new RangeError(\`threshold \${threshold} is above 1\`);
  }
  return threshold;
}
`;

const lineOf = (text: string): number => source.slice(0, source.indexOf(text)).split("\n").length;

describe("sandboxedFunction()", () => {
  let root: string;
  beforeAll(() => {
    root = realpathSync(mkdtempSync(`${tmpdir()}/millrace-sandbox-`));
    writeFileSync(`${root}/functions.ts`, source);
    writeFileSync(`${root}/inner.ts`, inner);
  });
  afterAll(async () => {
    await stopBundler();
    rmSync(root, { recursive: true, force: true });
  });

  async function call(exportName: string, argument: Json = null, options: Partial<UserFunctionOptions> = {}) {
    const files = await bundleUserFunction({ entryFile: "functions.ts", exportName, baseDir: root });
    const directory = mkdtempSync(`${root}/bundle-`);
    for (const [path, content] of Object.entries(files)) writeFileSync(`${directory}/${path}`, content);
    return sandboxedFunction({ directory, exportName, digest: "sha256:0", ...options }).call(invoker, argument);
  }

  const failureOf = async (exportName: string, argument: Json = null, limits: Partial<SandboxLimits> = {}) => {
    const thrown = await call(exportName, argument, { limits }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(MillraceError);
    return thrown as MillraceError;
  };

  it("returns what the function returns", async () => {
    expect(await call("twice", [1, 2, 3])).toEqual([2, 4, 6]);
  });

  it("carries a megabyte in and out", async () => {
    const large = "ü".repeat(500_000);
    expect(await call("echo", large)).toBe(large);
  });

  it("names the author's file, line and column of a throw, and gives the stack in their files", async () => {
    const error = await failureOf("throws", 7);
    expect(error).toMatchObject({
      code: "user-code",
      class: "terminal",
      message: "throws threw RangeError: threshold 7 is above 1, at inner.ts:3:11",
      place: { file: "inner.ts", line: 3, column: 11 },
    });
    const { stack } = error.cause as Error;
    expect(stack).toMatch(/^RangeError: threshold 7 is above 1\n {4}at inner \(inner\.ts:3:11\)\n/);
    expect(stack).toContain(`functions.ts:${lineOf("= inner(threshold)")}:19`);
    expect(stack).not.toContain(root);
  });

  it("takes a throw of something that isn't an Error", async () => {
    expect(await failureOf("throwsText")).toMatchObject({ message: "throwsText threw Error: just text" });
  });

  it("keeps a code and a field that the throw carries", async () => {
    expect(await failureOf("throwsCoded")).toMatchObject({
      code: "wrong-feature",
      place: { file: "functions.ts", line: lineOf("zScore needs"), field: "island" },
    });
  });

  it("awaits an async function and names where it threw", async () => {
    expect(await failureOf("rejects")).toMatchObject({
      place: { file: "functions.ts", line: lineOf('Error("later")') },
    });
  });

  it("ends a function that doesn't return in time", async () => {
    expect(await failureOf("spins", null, { timeMs: 1_000 })).toMatchObject({ code: "user-code-timeout" });
  });

  it("ends a function whose execution is cancelled", async () => {
    const controller = new AbortController();
    const pending = call("spins", null, { signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toMatchObject({ class: "cancelled" });
  });

  it("bounds the heap", async () => {
    expect(await failureOf("hoards", null, { heapMiB: 64 })).toMatchObject({ code: "user-code-memory" });
  });

  it("bounds memory outside of the heap", async (context) => {
    if (process.platform !== "linux") context.skip();
    expect(await failureOf("hoardsBytes", null, { memoryMiB: 1024 })).toMatchObject({
      code: "user-code",
      message: expect.stringContaining("allocation failed") as string,
    });
  });

  it("bounds what is returned", async () => {
    expect(await failureOf("floods", null, { replyBytes: 1_000_000 })).toMatchObject({ code: "user-code-result" });
  });

  it("says that the process ended before the function returned", async () => {
    expect((await failureOf("exits")).message).toContain("exit code 3");
  });

  it("hands on what the function prints", async () => {
    const lines: string[] = [];
    await call("prints", null, { onOutput: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(["another", "one line"]);
  });

  it("has an empty environment", async () => {
    expect(await call("environment")).toEqual([]);
  });

  it.each([
    ["reading another file", "readsOutside", null],
    ["listing a directory", "lists", "/"],
    ["writing", "writes", `${tmpdir()}/millrace-must-not-be`],
    ["starting a process", "spawns", null],
    ["starting a worker", "works", null],
  ])("denies %s", async (_what, exportName, argument) => {
    expect(await call(exportName, argument)).toBe("ERR_ACCESS_DENIED");
  });

  it("denies reading the author's sources beside the bundle", async () => {
    expect(await call("lists", root)).toBe("ERR_ACCESS_DENIED");
  });

  it("denies loading an addon", async () => {
    expect(await call("loadsAddon")).toBe("ERR_DLOPEN_DISABLED");
  });

  it("denies the network and signals to others where namespaces are allowed", async (context) => {
    if ((await networkIsolation()) === "none") context.skip();
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    expect(await call("connects", port)).not.toBe("allowed");
    expect(await call("signals", process.pid)).toBe("ESRCH");
    server.close();
  });
});
