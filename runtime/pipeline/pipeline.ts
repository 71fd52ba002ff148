import { parseToken, type Token } from "../model/mod.ts";
import { type DraftNode, gatherNodes } from "./draft.ts";
import { type Handle, sourceHandle } from "./handle.ts";
import { nameNodes } from "./naming.ts";

/** What starts a run: an event on a dataset. */
export interface DatasetTrigger {
  readonly dataset: Token;
}

/** Names the dataset whose events start runs. @throws {Terminal} `bad-name`. */
export function dataset(name: string): DatasetTrigger {
  return { dataset: parseToken("dataset name", name) };
}

export interface PipelineOptions {
  readonly on: DatasetTrigger;
  /** Seed of every run unless its start says otherwise; default 0. */
  readonly seed?: number;
}

/** What a pipeline's function returns: nodes' handles, or the records of handles of those with several outputs. */
export type Returned = Readonly<Record<string, Handle | Readonly<Record<string, Handle>>>>;

/** A pipeline as its author wrote it; `compile` makes a plan of it. */
export interface Pipeline {
  readonly kind: "pipeline";
  readonly name: Token;
  readonly dataset: Token;
  readonly seed: number;
  /** Named nodes in the order of their placing. */
  readonly nodes: ReadonlyMap<string, DraftNode>;
}

/**
 * Defines a pipeline. Every node placed while `define` runs belongs to it; a node is named by its `name` option, else
 * by the key under which it is returned, else after its component.
 * @throws {Terminal} `bad-name`, `duplicate-node`, `ambiguous-name`, `not-a-handle`.
 */
export function pipeline(
  name: string,
  options: PipelineOptions,
  define: (start: { readonly source: Handle<"Dataset"> }) => Returned,
): Pipeline {
  const token = parseToken("pipeline name", name);
  const { result, nodes } = gatherNodes(() => define({ source: sourceHandle }));
  return {
    kind: "pipeline",
    name: token,
    dataset: options.on.dataset,
    seed: options.seed ?? 0,
    nodes: nameNodes(token, nodes, result),
  };
}

/** Whether a module's export is a pipeline, whichever copy of this library made it. */
export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "pipeline";
}
