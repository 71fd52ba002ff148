import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadServingModel } from "./serving-model.ts";

const program = join(import.meta.dirname, "fixtures/train-penguins.ts");
const penguin = { culmen_length_mm: [39.1], culmen_depth_mm: [18.7], flipper_length_mm: [181], body_mass_g: [3750] };

let directory: string;
let first: Readonly<Record<string, unknown>>;

/** Trains in a process of its own; below another directory each time, so that no path can get into the bytes. */
async function train(name: string, seed = 7, overrides: object = {}): Promise<Record<string, unknown>> {
  const flags = ["--conditions=millrace-source"];
  const args = [...flags, program, join(directory, name), String(seed), JSON.stringify(overrides)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function digests(name: string): Promise<Record<string, string>> {
  const root = join(directory, name, "model");
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  const pairs = paths.map(async (path) => {
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    return [path.slice(root.length), digest] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-train-test-"));
  first = await train("first");
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe("trainModel() on the penguins", () => {
  it("reaches an accuracy of 0.95 on rows it hasn't seen", () => {
    expect(first["eval_accuracy"]).toBeGreaterThanOrEqual(0.95);
    expect(Object.keys(first)).toEqual(["backend", "loss", "accuracy", "eval_loss", "eval_accuracy"]);
  });

  it("gives equal bytes and metrics in another process, and others with another seed", async () => {
    expect(await train("again")).toEqual(first);
    expect(await digests("again")).toEqual(await digests("first"));
    await train("other", 8);
    const [ours, theirs] = [await digests("first"), await digests("other")];
    expect(theirs["/Format-Serving/weights.bin"]).not.toEqual(ours["/Format-Serving/weights.bin"]);
    expect(theirs["/Format-Serving/model.json"]).toEqual(ours["/Format-Serving/model.json"]);
  });

  it("exports a model that predicts raw rows", async () => {
    const model = await loadServingModel(join(directory, "first", "model"));
    const { outputs } = await model.predict({ ...penguin, island: ["Torgersen"], sex: ["MALE"] });
    expect(outputs.at(-1)!.data).toEqual(["Adelie"]);
    model.dispose();
  });

  it.each<readonly [string, object, string, RegExp]>([
    ["a label that isn't there", { label: "specis" }, "label-absent", /"specis".* "species"/],
    ["a label that is a vector", { label: "island" }, "bad-label", /"island".*a vector of 3 numbers/],
    ["a split without rows", { evalSplit: "none" }, "no-rows", /split "none" must have rows: it has none/],
    ["a split that isn't there", { trainSplit: "test" }, "no-such-split", /"test"/],
  ])("refuses %s", async (name, overrides, code, message) => {
    const failed = await train(name.replaceAll(" ", "-"), 7, overrides);
    expect(failed).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
