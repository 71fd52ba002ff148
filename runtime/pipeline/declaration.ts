import type { BaseIssue, BaseSchema } from "valibot";

/** An input or output of a component: the artifact type, and whether it may be absent. */
export interface Port<Type extends string = string, Optional extends boolean = boolean> {
  readonly type: Type;
  readonly optional: Optional;
}

/** A port that must have an artifact. */
export function artifact<const Type extends string>(type: Type): Port<Type, false> {
  return { type, optional: false };
}

/** A port that may have none. */
export function optionalArtifact<const Type extends string>(type: Type): Port<Type, true> {
  return { type, optional: true };
}

/** Schema of one parameter; a default makes it optional for the author. */
// oxlint-disable-next-line typescript/no-explicit-any -- valibot's own bound for "any schema".
export type ParameterSchema = BaseSchema<any, any, BaseIssue<unknown>>;

/** How a component may act outside the store; the agent does what the log needs around it. */
export type ExternalEffect = "none" | "bless" | "push" | "other";

/**
 * What a component is, apart from its work: the part that pipelines, agents and executors share.
 * Light to import: no engine, no TensorFlow.
 */
export interface Declaration<
  Name extends string = string,
  Inputs extends Readonly<Record<string, Port>> = Readonly<Record<string, Port>>,
  Outputs extends Readonly<Record<string, Port>> = Readonly<Record<string, Port>>,
  Parameters extends Readonly<Record<string, ParameterSchema>> = Readonly<Record<string, ParameterSchema>>,
  Functions extends Readonly<Record<string, FunctionPort>> = Readonly<Record<string, FunctionPort>>,
> {
  /** Component name, a subject token: `statistics-gen`. */
  readonly name: Name;
  /** Raised when the same inputs and parameters give other bytes than before. */
  readonly version: string;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
  readonly parameters: Parameters;
  /** User functions it calls, by parameter name. */
  readonly functions: Functions;
  /** Whether outcomes may be reused; default true. */
  readonly cache: boolean;
  readonly effect: ExternalEffect;
  /** Attempts in all before a retryable failure becomes terminal; default 3. */
  readonly attemptsMax: number;
  /** Executions that one replica has under way at once, unless its operator says otherwise; default 4. */
  readonly slots: number;
  /** Longest one attempt may take, in milliseconds; default one hour. */
  readonly attemptTimeoutMs: number;
}

declare const signature: unique symbol;

/** A user function that a component calls; `Signature` is what the author's export must be. */
// oxlint-disable-next-line typescript/no-explicit-any -- a bound that every function type satisfies.
export interface FunctionPort<Signature extends (...args: any[]) => unknown = (...args: any[]) => unknown> {
  readonly optional: boolean;
  readonly [signature]?: Signature;
}

/** A user function that must be given. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above.
export function userFunction<Signature extends (...args: any[]) => unknown>(): FunctionPort<Signature> {
  return { optional: false };
}

type DeclarationInput<D> = {
  readonly [K in keyof D]: D[K];
};

// A component without parameters or functions has none by any name, which the empty type says.
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- as above.
type None = Readonly<Record<never, never>>;

/**
 * Declares a component.
 * Defaults: no parameters, no functions, cache on, no external effect, three attempts, four slots, one hour
 * an attempt.
 */
export function declareComponent<
  const Name extends string,
  const Inputs extends Readonly<Record<string, Port>>,
  const Outputs extends Readonly<Record<string, Port>>,
  const Parameters extends Readonly<Record<string, ParameterSchema>> = None,
  const Functions extends Readonly<Record<string, FunctionPort>> = None,
>(
  declaration: DeclarationInput<
    Pick<Declaration<Name, Inputs, Outputs, Parameters, Functions>, "name" | "version" | "inputs" | "outputs"> &
      Partial<
        Omit<Declaration<Name, Inputs, Outputs, Parameters, Functions>, "name" | "version" | "inputs" | "outputs">
      >
  >,
): Declaration<Name, Inputs, Outputs, Parameters, Functions> {
  return {
    parameters: {} as Parameters,
    functions: {} as Functions,
    cache: true,
    effect: "none",
    attemptsMax: 3,
    slots: 4,
    attemptTimeoutMs: 3_600_000,
    ...declaration,
  };
}
