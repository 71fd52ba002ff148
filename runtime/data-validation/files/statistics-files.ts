import {
  type DatasetFeatureStatistics,
  DatasetFeatureStatisticsList,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { Terminal } from "../../model/mod.ts";
import { readSplitFile, writeSplitFile } from "./split-files.ts";

const fileName = "FeatureStats.pb";

/**
 * Reads a split's statistics of an ExampleStatistics artifact, ours or TFX's.
 * @param path The artifact's directory.
 * @throws {Terminal} `no-such-split`, `malformed-file`.
 */
export async function readStatistics(path: string, split: string): Promise<DatasetFeatureStatistics> {
  const list = await readSplitFile(path, split, fileName, (bytes) => DatasetFeatureStatisticsList.decode(bytes));
  const [statistics] = list.datasets;
  if (statistics !== undefined) return statistics;
  throw new Terminal("malformed-file", `Cannot read ${fileName} of split ${JSON.stringify(split)}: it has no dataset`, {
    field: split,
  });
}

/** Writes a split's statistics: `Split-<name>/FeatureStats.pb`. */
export async function writeStatistics(
  path: string,
  split: string,
  statistics: DatasetFeatureStatistics,
): Promise<void> {
  const list = DatasetFeatureStatisticsList.encode({ datasets: [statistics] }).finish();
  await writeSplitFile(path, split, fileName, list);
}
