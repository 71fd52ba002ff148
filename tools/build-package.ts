// Builds what a package publishes: JavaScript and type declarations under its dist, from its TypeScript.
// `build-package.ts [directory …]`; without one, every package that is published, those that others need first.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What is published, each behind those whose declarations it needs. */
function publishedPackages(): readonly string[] {
  const services = readdirSync(join(root, "services")).filter((name) => name !== "cli");
  return ["runtime", ...services.sort().map((name) => `services/${name}`), "deploy/local", "services/cli"];
}

/** Modules for tests stay at home. */
function isPublished(path: string): boolean {
  if (/\.(test|fixture)\.ts$|(^|\/)(fixtures|testdata|node_modules|dist)\//.test(path)) return false;
  return !/from "(vitest|fast-check)"/.test(readFileSync(path, "utf8"));
}

function compile(directory: string): void {
  const files = globSync("**/*.ts", { cwd: join(root, directory), exclude: ["**/node_modules", "**/dist"] })
    .map((file) => join(root, directory, file))
    .filter(isPublished);
  const workplace = mkdtempSync(join(tmpdir(), "millrace-build-"));
  const config = join(workplace, "tsconfig.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    // Other packages are seen as they are published: by their declarations.
    customConditions: [],
    typeRoots: [join(root, "node_modules/@types")],
    rootDir: join(root, directory),
    outDir: join(root, directory, "dist"),
  };
  writeFileSync(config, JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files, include: [] }));
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", config], { cwd: root, stdio: "inherit" });
  rmSync(workplace, { recursive: true, force: true });
  if (tsc.status !== 0) throw new Error(`Cannot build ${directory}: see what tsc says above`);
}

function build(directory: string): void {
  const dist = join(root, directory, "dist");
  rmSync(dist, { recursive: true, force: true });
  compile(directory);
  if (directory === "services/cli") {
    cpSync(join(root, "examples/penguins"), join(dist, "examples/penguins"), {
      recursive: true,
      filter: (path) => !/node_modules|package\.json$/.test(path),
    });
  }
}

const asked = process.argv.slice(2);
for (const directory of publishedPackages()) {
  const needed = asked.length > 0 && !asked.includes(directory) && !existsSync(join(root, directory, "dist"));
  const behindAll = asked.every((name) => publishedPackages().indexOf(name) < publishedPackages().indexOf(directory));
  if (asked.length === 0 || asked.includes(directory) || (needed && !behindAll)) build(directory);
}
