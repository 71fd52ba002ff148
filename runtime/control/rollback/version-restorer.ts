/** Files of an artifact that servers load. */
export interface PushSource {
  readonly digest: string;
  /** Directory of the artifact that holds them; empty for all of it. */
  readonly directory: string;
}

/** What a rollback needs of a store and of the place that servers look at. */
export interface VersionRestorer {
  /** Whether an artifact is there. */
  has(source: PushSource): Promise<boolean>;
  /**
   * Puts the files in place as a version, all at once; done again it changes nothing.
   * @param destination Path below the push root.
   * @returns The version's directory, as a URI.
   * @throws {Terminal} `artifact-missing`, `digest-mismatch`, `version-conflict`, `destination-not-writable`;
   * {Retryable} what may pass.
   */
  restore(source: PushSource, destination: string, version: string): Promise<string>;
}
