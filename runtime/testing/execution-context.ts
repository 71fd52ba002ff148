import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { ExecutionContext, Input } from "../component/mod.ts";
import type { Push } from "../contracts/millrace/event/v1/event.ts";
import { digestOf } from "../model/mod.ts";
import type { Declaration } from "../pipeline/mod.ts";

/** An output as a component left it. */
export interface WrittenOutput {
  readonly path: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly omitted: boolean;
}

/** What an execution of a component under test gets. */
export interface ExecutionSetup {
  /** Empty directory below which outputs are written. */
  readonly directory: string;
  readonly inputs: Readonly<Record<string, Input | undefined>>;
  /** As an author writes them: defaults are applied. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly functions?: Readonly<Record<string, unknown>>;
  readonly push?: Push;
  readonly signal?: AbortSignal;
  readonly seed?: number;
}

/** An input whose directory was written by hand; its digest is made of its name, or given. */
export function testInput(
  type: string,
  path: string,
  properties: Readonly<Record<string, string>> = {},
  digest: string = digestOf(path),
): Input {
  return { artifact: { type, digest, bytes: 0n, files: 0, properties }, path };
}

/**
 * An execution context on real directories, so that a component's work can be tested without its service.
 *
 * @returns The context, and its outputs as they are after the work.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- inference over every declaration.
export function testExecution<D extends Declaration<string, any, any, any, any>>(
  declaration: D,
  setup: ExecutionSetup,
): { readonly context: ExecutionContext<D>; readonly outputs: Readonly<Record<keyof D["outputs"], WrittenOutput>> } {
  const written = Object.fromEntries(
    Object.keys(declaration.outputs).map((name) => [name, openOutput(join(setup.directory, name))]),
  );
  const context = {
    pipeline: "test",
    run: "0".repeat(32),
    node: declaration.name,
    inputs: setup.inputs,
    outputs: Object.fromEntries(Object.entries(written).map(([name, { output }]) => [name, output])),
    parameters: v.parse(v.object(declaration.parameters), setup.parameters ?? {}),
    functions: setup.functions ?? {},
    seed: setup.seed ?? 1,
    signal: setup.signal ?? new AbortController().signal,
    push: setup.push,
    noEffects: setup.push === undefined,
    progress: ignore,
    metric: ignore,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  };
  const outputs = Object.fromEntries(Object.entries(written).map(([name, { state }]) => [name, state]));
  return {
    context: context as unknown as ExecutionContext<D>,
    outputs: outputs as Record<keyof D["outputs"], WrittenOutput>,
  };
}

function ignore(): void {}

function openOutput(path: string) {
  mkdirSync(path, { recursive: true });
  const state = { path, properties: {} as Record<string, string>, omitted: false };
  const output = {
    path,
    setProperty: (name: string, value: string) => void (state.properties[name] = value),
    omit: () => void (state.omitted = true),
  };
  return { state, output };
}
