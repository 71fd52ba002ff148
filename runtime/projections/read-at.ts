import type { KeptRunIndex } from "./run-index/kept-run-index.ts";

/** How far a read goes, and what it may use on the way. */
export interface ReadAt {
  /** Last sequence read; default all there is. */
  readonly to?: number;
  /** The index of runs, where one is kept between reads: without it the log is read from its first message. */
  readonly kept?: KeptRunIndex;
}
