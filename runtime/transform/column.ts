import type { ValueKind } from "./graph.ts";

/** A raw column as `preprocessing` sees it. */
export interface RawColumn {
  readonly name: string;
  readonly kind: ValueKind;
  /** Whether its rows hold lists, which no operation takes; naming it is an error that says so. */
  readonly repeated?: boolean;
}
