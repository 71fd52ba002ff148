import { readFile } from "node:fs/promises";
import { DatasetFeatureStatisticsList } from "../contracts/tensorflow/metadata/v0/statistics.ts";
import { toMillraceError } from "../model/mod.ts";
import { featureValues, type SplitStatistics } from "../projections/mod.ts";
import type { ArtifactStore } from "./store.ts";

/** Where StatisticsGen keeps a split's statistics. Source: TFX artifact_utils. */
const statisticsFile = /^Split-(.+)\/FeatureStats\.pb$/;
/** Larger files are not read. */
const fileBytesMax = 32 << 20;

/** The statistics in an artifact, by split; undefined if it holds none, or its bytes are gone. */
export async function readFeatureValues(store: ArtifactStore, digest: string): Promise<SplitStatistics | undefined> {
  const splits = new Map<string, ReturnType<typeof featureValues>>();
  try {
    const { entries } = await store.manifest(digest);
    for (const { path, bytes } of entries) {
      const split = statisticsFile.exec(path)?.[1];
      if (split === undefined || bytes > BigInt(fileBytesMax)) continue;
      const list = DatasetFeatureStatisticsList.decode(await readFile(`${await store.open(digest)}/${path}`));
      if (list.datasets[0]) splits.set(split, featureValues(list.datasets[0]));
    }
  } catch (thrown) {
    const { code } = toMillraceError(thrown);
    if (code === "artifact-missing" || code === "digest-mismatch") return undefined;
    throw thrown;
  }
  return splits.size === 0 ? undefined : splits;
}
