import type { Artifact, Manifest } from "../contracts/millrace/metadata/v1/artifact.ts";

/** A place where one output of one attempt is written before anyone can see it. */
export interface Staging {
  /** Private, empty directory. */
  readonly path: string;
}

export interface CommitOptions {
  readonly type: string;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface ImportOptions extends CommitOptions {
  /** Name of the file in the artifact, for example `data.csv`; by default the name it has. */
  readonly name?: string;
  /** sha256 that the content must have, 64 hex digits. */
  readonly sha256?: string;
}

/**
 * Content-addressed directories. An artifact's digest is the sha256 of its manifest's canonical text, its address is
 * that digest; what is committed never changes.
 */
export interface ArtifactStore {
  /** Makes an empty staging directory for an attempt's output; an earlier one of the same name is emptied. */
  stage(executionId: string, output: string): Promise<Staging>;
  /**
   * Commits a staging directory: builds its manifest, checks it, moves it to its address. Committing equal content
   * again is the same artifact.
   * @throws {Terminal} `not-a-payload`: a link or special file, a path that escapes, or nothing at all; `not-staged`: not a
   *   staging of this store.
   */
  commit(staging: Staging, options: CommitOptions): Promise<Artifact>;
  /**
   * Copies one file from outside into an artifact of its own.
   * @throws {Terminal} `source-missing`, `source-unreadable`; `digest-mismatch`: not the sha256 asked for.
   */
  importFile(path: string, options: ImportOptions): Promise<Artifact>;
  /**
   * The directory of an artifact's files, verified against its manifest.
   * @throws {Terminal} `artifact-missing`; `digest-mismatch` naming the file.
   */
  open(digest: string): Promise<string>;
  /** Whether the artifact's bytes are there (manifest and every file with its size). */
  has(digest: string): Promise<boolean>;
  /** The artifact's manifest. */
  manifest(digest: string): Promise<Manifest>;
  /** Where people and other programs find it, as a URI. */
  uriOf(digest: string): string;
  /** Removes a staging directory and what is in it. @throws {Terminal} `not-staged`. */
  discard(staging: Staging): Promise<void>;
}
