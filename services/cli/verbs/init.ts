import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { isToken } from "millrace/model";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { type CommonOptions, type Invocation, workingDirectory } from "../invocation.ts";
import { readColumns } from "../scaffold/columns.ts";
import { chooseLabel } from "../scaffold/label.ts";
import { packageJson, tsconfigJson } from "../scaffold/settings.ts";
import { projectSources } from "../scaffold/sources.ts";
import { WrongUse } from "../wrong-use.ts";

export interface InitOptions extends CommonOptions {
  readonly csv: string;
  readonly label?: string;
  readonly name?: string;
}

/** Writes a project for the columns of a CSV file into the working directory; overwrites none of its files. */
export async function init({ json, print }: Invocation, options: InitOptions): Promise<ExitCode> {
  const directory = workingDirectory();
  const csv = resolve(directory, options.csv);
  if (!existsSync(csv)) throw new WrongUse(`Cannot read ${options.csv}: there is no such file`);
  const name = nameOf(options.name ?? basename(csv, extname(csv)));
  const columns = await readColumns(csv);
  const label = chooseLabel(columns, options.label);
  const sources = projectSources({ name, columns, label });
  refuseOverwriting(directory, Object.keys(sources));
  const packageFile = join(directory, "package.json");
  const existing = existsSync(packageFile)
    ? (JSON.parse(readFileSync(packageFile, "utf8")) as Record<string, never>)
    : {};
  const files = {
    ...sources,
    "package.json": packageJson(name, existing),
    ...(existsSync(join(directory, "tsconfig.json")) ? {} : { "tsconfig.json": tsconfigJson() }),
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(directory, file), content);
  if (json) print(JSON.stringify({ name, label: label.name, columns, files: Object.keys(files) }));
  else print(farewell(name, label.name, options.csv, Object.keys(files)));
  return exitCode.done;
}

function nameOf(text: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 64);
  if (isToken(name)) return name;
  throw new WrongUse(`Cannot name a pipeline "${text}": give one of letters, digits, _ and - with --name`);
}

function refuseOverwriting(directory: string, files: readonly string[]): void {
  const there = files.filter((file) => existsSync(join(directory, file)));
  if (there.length > 0) throw new WrongUse(`Cannot write ${there.join(", ")} to ${directory}: already there`);
}

function farewell(name: string, label: string, csv: string, files: readonly string[]): string {
  return `Wrote ${files.join(", ")}: a pipeline on dataset "${name}" that predicts ${label}.

Next:
  npm install
  npx millrace up
  npx millrace publish ${name} ${csv} --wait
  npx millrace predict ${name} '{ … }'`;
}
