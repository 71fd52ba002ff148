import { FeatureType, LifecycleStage } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import { messageType } from "./message-type.ts";

const annotation = messageType("Annotation", [
  ["tag", "string", "repeated"],
  ["comment", "string", "repeated"],
]);

const valueCount = messageType("ValueCount", [
  ["min", "integer"],
  ["max", "integer"],
]);

const intDomain = messageType("IntDomain", [
  ["name", "string"],
  ["min", "integer"],
  ["max", "integer"],
  ["is_categorical", "bool"],
]);

const floatDomain = messageType("FloatDomain", [
  ["name", "string"],
  ["min", "float"],
  ["max", "float"],
  ["disallow_nan", "bool"],
  ["disallow_inf", "bool"],
  ["is_embedding", "bool"],
  ["is_categorical", "bool"],
]);

const stringDomain = messageType("StringDomain", [
  ["name", "string"],
  ["value", "string", "repeated"],
]);

const boolDomain = messageType("BoolDomain", [
  ["name", "string"],
  ["true_value", "string"],
  ["false_value", "string"],
]);

const fixedShape = messageType("FixedShape", [
  [
    "dim",
    messageType("FixedShape.Dim", [
      ["size", "integer"],
      ["name", "string"],
    ]),
    "repeated",
  ],
]);

const featureComparator = messageType("FeatureComparator", [
  ["infinity_norm", messageType("InfinityNorm", [["threshold", "double"]])],
  ["jensen_shannon_divergence", messageType("JensenShannonDivergence", [["threshold", "double"]])],
]);

const numericValueComparator = messageType("NumericValueComparator", [
  ["min_fraction_threshold", "double"],
  ["max_fraction_threshold", "double"],
]);

const feature = messageType("Feature", [
  ["name", "string"],
  ["deprecated", "bool"],
  ["value_count", valueCount],
  ["type", { values: FeatureType }],
  ["domain", "string"],
  ["int_domain", intDomain],
  ["float_domain", floatDomain],
  ["string_domain", stringDomain],
  ["bool_domain", boolDomain],
  [
    "presence",
    messageType("FeaturePresence", [
      ["min_fraction", "double"],
      ["min_count", "integer"],
    ]),
  ],
  ["distribution_constraints", messageType("DistributionConstraints", [["min_domain_mass", "double"]])],
  ["annotation", annotation],
  ["skew_comparator", featureComparator],
  ["not_in_environment", "string", "repeated"],
  ["in_environment", "string", "repeated"],
  ["drift_comparator", featureComparator],
  ["lifecycle_stage", { values: LifecycleStage }],
  ["shape", fixedShape],
  [
    "unique_constraints",
    messageType("UniqueConstraints", [
      ["min", "integer"],
      ["max", "integer"],
    ]),
  ],
  ["value_counts", messageType("ValueCountList", [["value_count", valueCount, "repeated"]])],
]);

/** Schema of proto/tensorflow/metadata/v0/schema.proto. */
export const schemaType = messageType("Schema", [
  ["feature", feature, "repeated"],
  ["string_domain", stringDomain, "repeated"],
  ["default_environment", "string", "repeated"],
  ["annotation", annotation],
  ["float_domain", floatDomain, "repeated"],
  ["int_domain", intDomain, "repeated"],
  [
    "dataset_constraints",
    messageType("DatasetConstraints", [
      ["num_examples_drift_comparator", numericValueComparator],
      ["num_examples_version_comparator", numericValueComparator],
      ["min_examples_count", "integer"],
      ["max_examples_count", "integer"],
    ]),
  ],
]);
