import type { InputArtifact } from "../../contracts/millrace/metadata/v1/artifact.ts";
import type { PlacedNode, Snapshot } from "../../driver/mod.ts";
import type { NodeOfRun } from "../../publisher/mod.ts";
import type { Lease } from "./lease.ts";
import type { Behind } from "./read-behind.ts";
import type { CacheLookup } from "./reuse.ts";
import type { Running } from "./running.ts";

/** What is done about the delivery after a node was run. */
export type NodeEnd =
  | { readonly kind: "done" }
  /** Come again after the delay: a retry, or a claim that must be made anew. */
  | { readonly kind: "later"; readonly delayMs: number }
  /** State has moved: read and decide again. */
  | { readonly kind: "again" }
  /** Someone else owns it, or will: send nothing. */
  | { readonly kind: "drop" };

export interface NodeRun {
  readonly placed: PlacedNode;
  readonly snapshot: Snapshot;
  readonly inputs: readonly InputArtifact[];
  readonly durable: string;
  readonly lease: Lease;
}

/** A claim that this process holds. */
export interface Held {
  /** What is read behind the claim; no outcome is written before it is there. */
  readonly behind: Promise<Behind>;
  readonly running: Running;
  readonly lookup: CacheLookup;
}

/** The place of a node's journal. */
export function placeOf({ placed, snapshot }: Pick<NodeRun, "placed" | "snapshot">): NodeOfRun {
  return { pipeline: snapshot.pipeline, run: snapshot.run, node: placed.node };
}
