import { cp, mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportTinyModel, fruits } from "millrace/training/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Catalog } from "./catalog.ts";

let models: string;
let whole: string;
let base: string;
let catalog: Catalog;
let happened: string[];

beforeAll(async () => {
  models = await mkdtemp(join(tmpdir(), "millrace-catalog-models-"));
  whole = await exportTinyModel(models, { epochs: 1 });
});

afterAll(() => rm(models, { recursive: true }));

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "millrace-catalog-test-"));
  happened = [];
  catalog = new Catalog(base, {
    loaded: ({ model, version }) => happened.push(`${model} ${version} loaded`),
    unloaded: ({ model, version }) => happened.push(`${model} ${version} unloaded`),
    failed: ({ model, version }) => happened.push(`${model} ${version} failed`),
  });
});

afterEach(async () => {
  await catalog[Symbol.asyncDispose]();
  await rm(base, { recursive: true, force: true });
});

/** Writes a version as a pusher does: beside, then renamed. */
async function push(model: string, version: string): Promise<string> {
  const hidden = join(base, model, `.${version}`);
  await cp(whole, hidden, { recursive: true });
  await rename(hidden, join(base, model, version));
  return join(base, model, version);
}

describe("Catalog", () => {
  it("has no models while there is no directory, and finds those that come", async () => {
    await rm(base, { recursive: true });
    await catalog.refresh();
    expect(catalog.models).toEqual([]);
    await push("fruits", "1");
    await catalog.refresh();
    expect(catalog.models).toEqual(["fruits"]);
  });

  it("serves the highest version by number, wherever below the base the model is", async () => {
    for (const version of ["9", "10", "2"]) await push("a/b/fruits", version);
    await catalog.refresh();
    expect(catalog.version("fruits").version).toBe("10");
    expect(happened).toEqual(["fruits 10 loaded"]);
  });

  it("goes over to a new version and lets the old one go", async () => {
    await push("fruits", "1");
    await catalog.refresh();
    await push("fruits", "2");
    await catalog.refresh();
    await catalog.refresh();
    expect(happened).toEqual(["fruits 1 loaded", "fruits 2 loaded", "fruits 1 unloaded"]);
  });

  it("answers by the old version while the new one loads, and a prediction under way ends", async () => {
    await push("fruits", "1");
    await catalog.refresh();
    const old = catalog.version("fruits");
    const { grams } = fruits;
    const many = { grams: Array.from({ length: 9000 }, (_, row) => grams![row % 10]!) };
    await push("fruits", "2");
    const refreshed = catalog.refresh();
    const predicting = old.serving.predict(many);
    expect(catalog.version("fruits").version).toBe("1");
    await refreshed;
    expect(catalog.version("fruits").version).toBe("2");
    expect((await predicting).rows).toBe(9000);
  });

  it("goes back to the version before when the highest is taken away", async () => {
    await push("fruits", "1");
    const second = await push("fruits", "2");
    await catalog.refresh();
    await rm(second, { recursive: true });
    await catalog.refresh();
    expect(catalog.version("fruits").version).toBe("1");
  });

  it("lets a model go when its directory is taken away", async () => {
    await push("fruits", "1");
    await catalog.refresh();
    await rm(join(base, "fruits"), { recursive: true });
    await catalog.refresh();
    expect(() => catalog.version("fruits")).toThrow(expect.objectContaining({ status: 404 }));
    expect(happened).toEqual(["fruits 1 loaded", "fruits 1 unloaded"]);
  });

  it("passes over what isn't whole: no commit file, hidden, or not a number", async () => {
    await push("fruits", "1");
    await rm(join(await push("fruits", "2"), "model.json"));
    await push("fruits", ".3");
    await push("fruits", "04");
    await push("fruits", "5-rc");
    await catalog.refresh();
    expect(catalog.version("fruits").version).toBe("1");
    expect(happened).toEqual(["fruits 1 loaded"]);
  });

  it("keeps the version that answers when a newer one doesn't load, says so once, and takes it when it is mended", async () => {
    await push("fruits", "1");
    await catalog.refresh();
    const broken = await push("fruits", "2");
    await rename(join(broken, "weights.bin"), join(broken, "elsewhere"));
    await catalog.refresh();
    await catalog.refresh();
    expect(catalog.version("fruits").version).toBe("1");
    expect(happened).toEqual(["fruits 1 loaded", "fruits 2 failed"]);
    expect(catalog.statuses("fruits")).toEqual([
      { version: "2", state: "END", error: expect.stringContaining("weights.bin"), digest: null },
      { version: "1", state: "AVAILABLE", error: "", digest: expect.stringMatching(/^sha256:/) as string },
    ]);
    await rename(join(broken, "elsewhere"), join(broken, "weights.bin"));
    await utimes(join(broken, "model.json"), new Date(), new Date());
    await catalog.refresh();
    expect(catalog.version("fruits").version).toBe("2");
    expect(catalog.statuses("fruits", "2")).toEqual([
      { version: "2", state: "AVAILABLE", error: "", digest: expect.stringMatching(/^sha256:/) as string },
    ]);
  });

  it("falls back to an older version that loads when none answers yet", async () => {
    await push("fruits", "1");
    await writeFile(join(await push("fruits", "2"), "model.json"), "{");
    await catalog.refresh();
    expect(catalog.version("fruits").version).toBe("1");
  });

  it("takes the first by path of two directories of one name", async () => {
    await mkdir(join(base, "a"));
    await push("b/fruits", "5");
    await push("a/fruits", "1");
    await catalog.refresh();
    expect(catalog.version("fruits").directory).toBe(join(base, "a/fruits/1"));
  });
});
