import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "./run.ts";

let said: { stdout: string; stderr: string };

beforeEach(() => {
  said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    vi.spyOn(process[stream], "write").mockImplementation((piece) => {
      said[stream] += String(piece);
      return true;
    });
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

const verbs = [
  "demo",
  "init",
  "up",
  "down",
  "doctor",
  "publish",
  "runs",
  "artifacts",
  "lineage",
  "log",
  "exec",
  "predict",
  "pipeline register",
  "pipeline list",
  "pipeline show",
  "run show",
  "run watch",
];

describe("run()", () => {
  it.each(verbs)("tells what %s does, with examples, and ends with 0", async (verb) => {
    expect(await run([...verb.split(" "), "--help"])).toBe(0);
    expect(said.stdout).toMatch(/Usage: millrace/);
    expect(said.stdout).toContain(`$ millrace ${verb}`);
    expect(said.stdout).toContain("--json");
  });

  it("lists every verb and the exit statuses", async () => {
    expect(await run(["--help"])).toBe(0);
    for (const verb of verbs) expect(said.stdout).toContain(verb.split(" ")[0]);
    expect(said.stdout).toMatch(/0 done; 1 refused, failed or not equal.*2 wrong use/);
  });

  it.each([
    ["an unknown verb", ["frobnicate"], /unknown command 'frobnicate'/],
    ["a missing argument", ["publish", "penguins"], /missing required argument 'path'/],
    ["an unknown option", ["runs", "--nope"], /unknown option '--nope'/],
    ["a replica count that is none", ["up", "--replicas", "trainer"], /Cannot read --replicas trainer/],
    ["replicas of an unknown service", ["up", "--replicas", "baker=2"], /There is no service "baker"/],
    ["a port that is none", ["up", "--port", "high"], /Cannot read --port high/],
    ["a row that is no JSON", ["predict", "penguins", "{"], /Cannot read a row as JSON/],
    ["a span that is no number", ["publish", "penguins", "a.csv", "--span", "x"], /Cannot read --span x/],
    ["init without its file", ["init", "--csv", "nowhere.csv"], /Cannot read nowhere.csv: there is no such file/],
  ])("ends with 2 for %s, and says why on stderr alone", async (_what, args, message) => {
    expect(await run(args)).toBe(2);
    expect(said.stderr).toMatch(message);
    expect(said.stdout).toBe("");
  });

  it("ends with 1 for what is refused", async () => {
    expect(await run(["pipeline", "register", "nowhere.ts"])).toBe(1);
    expect(said.stderr).toMatch(/Cannot register .*nowhere.ts: there is no such file/);
  });
});
