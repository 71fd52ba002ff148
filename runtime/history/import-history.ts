import type { ArtifactStore } from "../artifacts/mod.ts";
import { Scope } from "../contracts/millrace/history/v1/history.ts";
import type { Log } from "../log/mod.ts";
import { checkHistory } from "./check-history.ts";
import type { RunName } from "./export-run.ts";
import { importLog } from "./import-log.ts";
import { importPayloads } from "./import-payloads.ts";
import { importRun } from "./import-run.ts";

/** What an import did. */
export interface Imported {
  /** The run that was brought; undefined for a whole log. */
  readonly run: RunName | undefined;
  /** Messages written now, and those that stood there already. */
  readonly written: number;
  readonly standing: number;
  /** Artifacts put into the store now. */
  readonly payloads: number;
}

/**
 * Imports a history file: a whole log into an empty one, or a run into any. The file is read to its end and found whole
 * before anything is written; artifacts go before the messages that refer to them.
 * @throws {Terminal} as `openHistory`, `importLog` and `importRun`.
 * Source: docs/history.md.
 */
export async function importHistory(log: Log, store: ArtifactStore, file: string): Promise<Imported> {
  const { header } = await checkHistory(file);
  let payloads = 0;
  const beforeWriting = async (): Promise<void> => void (payloads = await importPayloads(file, store));
  if (header.scope !== Scope.SCOPE_RUN) {
    const messages = await importLog(log, file, beforeWriting);
    return { run: undefined, ...messages, payloads };
  }
  const run = { pipeline: header.pipeline, run: header.run };
  const messages = await importRun(log, file, run, store, beforeWriting);
  return { run, ...messages, payloads };
}
