import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
/** Building and packing all packages, and installing them with what they need, in milliseconds. */
const setUpTimeoutMs = 600_000;

let work: string;
let project: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "millrace-packages-"));
  project = join(work, "project");
  const tarballs = join(work, "tarballs");
  for (const directory of [project, tarballs]) mkdirSync(directory);
  await run(process.execPath, [join(root, "tools/build-package.ts")], { cwd: root });
  const packages = [
    "runtime",
    "deploy/local",
    ...readdirSync(join(root, "services")).map((name) => `services/${name}`),
  ];
  const pack = ["pack", "--ignore-scripts", "--pack-destination", tarballs, ...packages.map((name) => `./${name}`)];
  await run("npm", pack, { cwd: root });
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...files], { cwd: project });
  copyFileSync(join(root, "examples/penguins/penguins.csv"), join(project, "birds.csv"));
}, setUpTimeoutMs);

afterAll(async () => {
  await millrace("down");
  rmSync(work, { recursive: true, force: true });
});

/** Runs the installed command in the project, as npx would. */
async function millrace(...args: readonly string[]): Promise<string> {
  const { INIT_CWD: _checkout, ...env } = process.env;
  const ran = await run(join(project, "node_modules/.bin/millrace"), [...args], { cwd: project, env });
  return ran.stdout;
}

describe("the packages, installed in an empty folder", () => {
  it("make a project out of a CSV file that its own type checker accepts", async () => {
    const made = JSON.parse(await millrace("init", "--csv", "birds.csv", "--json")) as {
      label: string;
      files: string[];
    };
    expect(made.label).toBe("species");
    expect(made.files).toEqual(["pipeline.ts", "preprocessing.ts", "model.ts", "package.json", "tsconfig.json"]);
    await run(join(root, "node_modules/.bin/tsc"), ["-p", project]);
  });

  it("train a model on it and answer with it", async () => {
    await millrace("up");
    const published = JSON.parse(await millrace("publish", "birds", "birds.csv", "--wait", "--json")) as {
      run: string;
    };
    const view = JSON.parse(await millrace("run", "show", published.run, "--json")) as Record<string, unknown>;
    expect(view).toMatchObject({ state: "succeeded", pipeline: "birds", pushed: { version: expect.any(Number) } });
    expect(view["metrics"]).toMatchObject({ accuracy: expect.any(Number) });
    const row = {
      island: "Biscoe",
      culmen_length_mm: 50,
      culmen_depth_mm: 16.3,
      flipper_length_mm: 230,
      body_mass_g: 5700,
    };
    expect(await millrace("predict", "birds", JSON.stringify(row), "--json")).toContain('"class":"Gentoo"');
  });
});
