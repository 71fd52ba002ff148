import { Terminal } from "../model/mod.ts";

declare const meaning: unique symbol;

/**
 * A user function as the author names it: a module, and the export in it. `Meaning` is for the type checker alone:
 * `{ exports }` of a module whose export bears the parameter's name, `{ exported }` of an export that is named.
 */
export interface Code<Meaning = unknown> {
  readonly kind: "code";
  /** Import specifier as written, relative to the pipeline's file. */
  readonly module: string;
  /** Absent: the export bears the parameter's name. */
  readonly exportName: string | undefined;
  readonly [meaning]?: Meaning;
}

/**
 * Names a user function by its module: `code(() => import("./preprocessing.ts"))`. The import is never run; it is
 * written so that the type checker follows the path and checks the export. The export bears the parameter's name
 * (`preprocessing`) unless another is given.
 * @throws {Terminal} `bad-code`: the function is not one import of a literal path.
 */
export function code<Exports>(load: () => Promise<Exports>): Code<{ exports: Exports }>;
export function code<Exports, Name extends keyof Exports & string>(
  load: () => Promise<Exports>,
  exportName: Name,
): Code<{ exported: Exports[Name] }>;
export function code(load: () => Promise<unknown>, exportName?: string): Code {
  return { kind: "code", module: specifierOf(load), exportName };
}

/** Whether a value names a user function, whichever copy of this library made it. */
export function isCode(value: unknown): value is Code {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "code";
}

// Reads the path out of the function's text: loaders may rename `import`, but keep its literal argument.
function specifierOf(load: () => Promise<unknown>): string {
  const text = String(load);
  const specifier = /\(\s*(["'`])([^"'`]+)\1\s*\)/.exec(text)?.[2];
  if (specifier !== undefined && !specifier.includes("${")) return specifier;
  throw new Terminal(
    "bad-code",
    `Cannot read which module ${JSON.stringify(text)} names: write code(() => import("./module.ts")) with a literal path`,
  );
}
