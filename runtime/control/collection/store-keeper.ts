/** An artifact's place in a store, as it is there now. */
export interface StoredArtifact {
  readonly digest: string;
  /** Whether its manifest and its files are both there; a commit under way, or one that a crash cut off, is not whole. */
  readonly whole: boolean;
  /** When it last changed, Unix epoch milliseconds by the store's clock. */
  readonly changedMs: number;
}

/** Artifacts that were taken from their addresses together, and who empties them: the one who named the batch. */
export interface TrashBatch {
  readonly name: string;
  readonly digests: readonly string[];
  /** When the last was taken, and the log's last sequence then; undefined if whoever took them did not come so far. */
  readonly sealed: { readonly atMs: number; readonly sequence: number } | undefined;
}

/** What was left by processes that are gone. */
export interface Leftovers {
  readonly places: number;
  readonly bytes: number;
}

/**
 * What collecting garbage needs of an artifact store beside what everyone needs. Taking an artifact away is a rename
 * out of its address: from then on nobody finds it there, and whoever commits equal bytes writes them anew. A reader
 * that knows its digest from the log brings it back.
 */
export interface StoreKeeper {
  /** Everything at an address. */
  stored(): AsyncIterable<StoredArtifact>;
  /** Size of an artifact's files in bytes, wherever it is; 0 if it is gone. */
  bytesOf(digest: string): Promise<number>;
  /** How much lies in the trash. */
  inTrash(): Promise<{ readonly artifacts: number; readonly bytes: number }>;
  /** Takes artifacts from their addresses into a new batch, not sealed yet. */
  discard(digests: readonly string[]): Promise<TrashBatch>;
  /** Says of a batch that all in it was taken before a moment and a sequence of the log. @returns it, renamed. */
  seal(batch: TrashBatch, atMs: number, sequence: number): Promise<TrashBatch>;
  /** Takes over every batch of others that is sealed, or whose maker is gone. */
  takeOver(): Promise<readonly TrashBatch[]>;
  /** Brings an artifact back to its address, unless equal bytes are there. @returns whether it is there, whole. */
  putBack(batch: TrashBatch, digest: string): Promise<boolean>;
  /** Deletes an artifact of a batch. @returns the bytes that were freed; undefined if another has taken the batch over. */
  empty(batch: TrashBatch, digest: string): Promise<number | undefined>;
  /**
   * Counts, and if asked removes, what executions and processes that are gone have staged.
   * @param options.isOpen Whether an execution, named by its claim's event id, is under way.
   * @param options.untouchedMs Only what has not changed for so long.
   */
  sweepStaging(options: {
    readonly isOpen: (executionId: string) => boolean;
    readonly untouchedMs: number;
    readonly remove: boolean;
  }): Promise<Leftovers>;
}
