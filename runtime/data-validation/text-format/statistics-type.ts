import {
  FeatureNameStatistics_Type,
  Histogram_HistogramType,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { messageType } from "./message-type.ts";

/** Path of proto/tensorflow/metadata/v0/path.proto. */
export const pathType = messageType("Path", [["step", "string", "repeated"]]);

const histogram = messageType("Histogram", [
  ["num_nan", "integer"],
  ["num_undefined", "integer"],
  [
    "buckets",
    messageType("Histogram.Bucket", [
      ["low_value", "double"],
      ["high_value", "double"],
      ["sample_count", "double"],
    ]),
    "repeated",
  ],
  ["type", { values: Histogram_HistogramType }],
  ["name", "string"],
]);

const rankHistogram = messageType("RankHistogram", [
  [
    "buckets",
    messageType("RankHistogram.Bucket", [
      ["low_rank", "integer"],
      ["high_rank", "integer"],
      ["label", "string"],
      ["sample_count", "double"],
    ]),
    "repeated",
  ],
  ["name", "string"],
]);

const commonStatistics = messageType("CommonStatistics", [
  ["num_non_missing", "integer"],
  ["num_missing", "integer"],
  ["min_num_values", "integer"],
  ["max_num_values", "integer"],
  ["avg_num_values", "float"],
  ["num_values_histogram", histogram],
  ["tot_num_values", "integer"],
]);

const numericStatistics = messageType("NumericStatistics", [
  ["common_stats", commonStatistics],
  ["mean", "double"],
  ["std_dev", "double"],
  ["num_zeros", "integer"],
  ["min", "double"],
  ["median", "double"],
  ["max", "double"],
  ["histograms", histogram, "repeated"],
]);

const stringStatistics = messageType("StringStatistics", [
  ["common_stats", commonStatistics],
  ["unique", "integer"],
  [
    "top_values",
    messageType("StringStatistics.FreqAndValue", [
      ["value", "string"],
      ["frequency", "double"],
    ]),
    "repeated",
  ],
  ["avg_length", "float"],
  ["rank_histogram", rankHistogram],
  ["vocabulary_file", "string"],
  ["invalid_utf8_count", "integer"],
]);

const bytesStatistics = messageType("BytesStatistics", [
  ["common_stats", commonStatistics],
  ["unique", "integer"],
  ["avg_num_bytes", "float"],
  ["min_num_bytes", "float"],
  ["max_num_bytes", "float"],
]);

const featureNameStatistics = messageType("FeatureNameStatistics", [
  ["name", "string"],
  ["type", { values: FeatureNameStatistics_Type }],
  ["num_stats", numericStatistics],
  ["string_stats", stringStatistics],
  ["bytes_stats", bytesStatistics],
  ["struct_stats", messageType("StructStatistics", [["common_stats", commonStatistics]])],
  ["path", pathType],
]);

/** DatasetFeatureStatisticsList of proto/tensorflow/metadata/v0/statistics.proto. */
export const statisticsType = messageType("DatasetFeatureStatisticsList", [
  [
    "datasets",
    messageType("DatasetFeatureStatistics", [
      ["name", "string"],
      ["num_examples", "integer"],
      ["features", featureNameStatistics, "repeated"],
      ["weighted_num_examples", "double"],
    ]),
    "repeated",
  ],
]);
