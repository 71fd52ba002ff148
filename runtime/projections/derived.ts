/**
 * Something that was folded from the log and is kept: a snapshot on disk, a table in a database. It may be lost at any
 * time, and nothing may be in it that the log does not say.
 */
export interface Derived {
  /** What it is, for people, for example "index of runs". */
  readonly what: string;
  /**
   * Digest of its content as of a sequence, in a canonical form that says nothing of how or when it was made: what is
   * kept, brought up to there by what came since, as every reader would see it. Where nothing is kept it is folded.
   */
  digest(to: number): Promise<string>;
  /** Deletes what is kept. */
  drop(): Promise<void>;
  /** Folds it from the log's first message to a sequence, and keeps it. */
  build(to: number): Promise<void>;
}

/** How a derived thing came out of being dropped and folded again. */
export interface Rebuilt {
  readonly what: string;
  /** Digests of its content before it was dropped and after it was folded again. */
  readonly before: string;
  readonly after: string;
  readonly equal: boolean;
}

/**
 * Drops every derived thing and folds it again from the log alone, as of one sequence. All are looked at before any is
 * dropped, so that one which reads through another is held to what people were shown.
 * @returns What came out, in the order given. One that is not equal was not what the log says.
 */
export async function rebuild(derived: readonly Derived[], to: number): Promise<readonly Rebuilt[]> {
  const before: string[] = [];
  for (const thing of derived) before.push(await thing.digest(to));
  for (const thing of derived) await thing.drop();
  const rebuilt: Rebuilt[] = [];
  for (const [index, thing] of derived.entries()) {
    await thing.build(to);
    const was = before[index] ?? "";
    const after = await thing.digest(to);
    rebuilt.push({ what: thing.what, before: was, after, equal: was === after });
  }
  return rebuilt;
}
