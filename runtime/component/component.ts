import type { InferOutput } from "valibot";
import type { Artifact } from "../contracts/millrace/metadata/v1/artifact.ts";
import type { ExecutionEnvironment, Push } from "../contracts/millrace/event/v1/event.ts";
import type { Json } from "../model/mod.ts";
import type { Declaration, Port } from "../pipeline/mod.ts";

/** An input as an executor sees it: verified, read-only. */
export interface Input {
  readonly artifact: Artifact;
  /** Directory of its files. */
  readonly path: string;
}

/** An output as an executor writes it. */
export interface Output {
  /** Private directory; what is in it when `execute` returns becomes the artifact. */
  readonly path: string;
  /** Sets a property of the artifact; properties are no part of its digest. */
  setProperty(name: string, value: string): void;
  /** Leaves out an optional output. */
  omit(): void;
}

/** A user function, called in a child process without native addons, network or write access. */
export interface UserFunction {
  readonly digest: string;
  /**
   * Loads the bundle in the sandbox and calls `invoke(userExport, argument)` of the invoker module there.
   * @param invoker Module of ours that exports `invoke`; runs in the sandbox beside the user's code.
   * @throws {Terminal} `user-code`: the user's function threw; place and stack name their file and line.
   */
  call(invoker: URL, argument: Json): Promise<Json>;
}

type InputsOf<Ports extends Readonly<Record<string, Port>>> = {
  readonly [K in keyof Ports]: Ports[K]["optional"] extends false ? Input : Input | undefined;
};

// oxlint-disable-next-line typescript/no-explicit-any -- inference over every declaration.
type AnyDeclaration = Declaration<string, any, any, any, any>;

/** Everything an execution may use. What it writes must depend on nothing else: no clock, host, run or attempt. */
export interface ExecutionContext<D extends AnyDeclaration = Declaration> {
  readonly pipeline: string;
  readonly run: string;
  readonly node: string;
  readonly inputs: InputsOf<D["inputs"]>;
  readonly outputs: { readonly [K in keyof D["outputs"]]: Output };
  readonly parameters: { readonly [K in keyof D["parameters"]]: InferOutput<D["parameters"][K]> };
  readonly functions: { readonly [K in keyof D["functions"]]: UserFunction };
  readonly seed: number;
  /** Aborts on cancel and on the deadline. */
  readonly signal: AbortSignal;
  /** The intended push; only for a component whose effect is `push`. */
  readonly push: Push | undefined;
  /**
   * The run reproduces or forks another, and acts nowhere outside the store: a component whose effect is `other` must
   * then stage its outputs and leave the effect out.
   */
  readonly noEffects: boolean;
  /** @param fraction Done so far, 0 to 1. */
  progress(fraction: number, message?: string): void;
  /** A number that changes while it works, for example a loss at an epoch. */
  metric(name: string, value: number, step: number): void;
  readonly log: {
    debug(line: string): void;
    info(line: string): void;
    warn(line: string): void;
    error(line: string): void;
  };
}

export interface ExecutionResult {
  /** Numbers worth showing with the run, for example accuracy. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** One sentence for people about a decision taken. */
  readonly note?: string;
  /** Backend chosen, for the record. */
  readonly backend?: string;
}

/** What can change a component's bytes apart from inputs and parameters; part of cache keys. */
export type EnvironmentOf = () => Pick<ExecutionEnvironment, "backend" | "versions">;

/** A component: its declaration, its work, and what its bytes depend on. */
export interface Component<D extends AnyDeclaration = AnyDeclaration> {
  readonly declaration: D;
  readonly environment: EnvironmentOf;
  execute(context: ExecutionContext<D>): Promise<ExecutionResult | void>;
}

/**
 * Joins a declaration with its work.
 * @param options.environment Cheap and synchronous: called by the agent, which loads no engine. Default: nothing.
 */
export function implement<D extends AnyDeclaration>(
  declaration: D,
  execute: (context: ExecutionContext<D>) => Promise<ExecutionResult | void>,
  options: { readonly environment?: EnvironmentOf } = {},
): Component<D> {
  return { declaration, execute, environment: options.environment ?? (() => ({ backend: "", versions: {} })) };
}
