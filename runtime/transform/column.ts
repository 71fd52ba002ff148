import type { ValueKind } from "./graph.ts";

/** A raw column as `preprocessing` sees it. */
export interface RawColumn {
  readonly name: string;
  readonly kind: ValueKind;
}
