import type { InferInput } from "valibot";
import { Terminal } from "../model/mod.ts";
import { type BudgetOptions, budgetOptionNames } from "./budget.ts";
import type { Code } from "./code.ts";
import type { Declaration, FunctionPort, ParameterSchema, Port } from "./declaration.ts";
import { type DraftNode, placeNode } from "./draft.ts";
import type { Handle } from "./handle.ts";

/** What every node takes beside its component's inputs, parameters and functions. */
export interface NodeOptions extends BudgetOptions {
  /** Name in the pipeline; default the key under which the pipeline returns it, else the component's name. */
  readonly name?: string;
  /** `false`: always runs, and offers nothing to the cache. */
  readonly cache?: boolean;
}

/** Names of the options. */
export const optionNames = ["name", "cache", ...budgetOptionNames] as const satisfies (keyof NodeOptions)[];

type Ports = Readonly<Record<string, Port>>;
type Parameters = Readonly<Record<string, ParameterSchema>>;
type Functions = Readonly<Record<string, FunctionPort>>;

type InputHandles<Inputs extends Ports> = {
  readonly [K in keyof Inputs as Inputs[K]["optional"] extends false ? K : never]: Handle<Inputs[K]["type"]>;
} & {
  readonly [K in keyof Inputs as Inputs[K]["optional"] extends false ? never : K]?: Handle<Inputs[K]["type"]>;
};

type GivenParameters<Schemas extends Parameters> = {
  readonly [K in keyof Schemas as undefined extends InferInput<Schemas[K]> ? never : K]: InferInput<Schemas[K]>;
} & {
  readonly [K in keyof Schemas as undefined extends InferInput<Schemas[K]> ? K : never]?: InferInput<Schemas[K]>;
};

type SignatureOf<Function> = Function extends FunctionPort<infer Signature> ? Signature : never;

type GivenFunctions<Wanted extends Functions> = {
  readonly [K in keyof Wanted]:
    | Code<{ exports: { readonly [Name in K]: SignatureOf<Wanted[K]> } }>
    | Code<{ exported: SignatureOf<Wanted[K]> }>;
};

/** A component with one output gives its handle; one with several gives a record of handles. */
export type OutputHandles<Outputs extends Ports> = {
  readonly [K in keyof Outputs]: Handle<Outputs[K]["type"]>;
} extends infer Handles
  ? IsUnion<keyof Outputs> extends true
    ? Handles
    : Handles[keyof Handles]
  : never;

type IsUnion<T, All = T> = T extends unknown ? ([All] extends [T] ? false : true) : never;

/** Places a component in the pipeline being defined. */
export type NodeFunction<D extends Declaration> =
  D extends Declaration<string, infer Inputs, infer Outputs, infer Schemas, infer Wanted>
    ? (
        given: InputHandles<Inputs> & GivenParameters<Schemas> & GivenFunctions<Wanted> & NodeOptions,
      ) => OutputHandles<Outputs>
    : never;

/**
 * Makes the function with which authors place a component.
 * @throws {Terminal} `bad-declaration`: an input, parameter or function bears another's name, or an option's.
 */
export function node<D extends Declaration>(declaration: D): NodeFunction<D> {
  checkNames(declaration);
  const place = (given: DraftNode["given"]): unknown => {
    const draft: DraftNode = { declaration, given };
    placeNode(draft);
    return handlesOf(draft);
  };
  return place as NodeFunction<D>;
}

function handlesOf(draft: DraftNode): unknown {
  const handles = Object.entries(draft.declaration.outputs).map(([output, { type }]): [string, Handle] => [
    output,
    { type, origin: { kind: "output", node: draft, output } },
  ]);
  return handles.length === 1 ? handles[0]?.[1] : Object.fromEntries(handles);
}

function checkNames({ name, inputs, parameters, functions }: Declaration): void {
  const seen = new Set<string>(optionNames);
  for (const key of [inputs, parameters, functions].flatMap(Object.keys)) {
    if (seen.has(key)) {
      throw new Terminal(
        "bad-declaration",
        `Cannot declare component ${JSON.stringify(name)}: "${key}" names two of its inputs, parameters, functions and ` +
          `the options ${optionNames.join(", ")}; rename one`,
        { field: key },
      );
    }
    seen.add(key);
  }
}
