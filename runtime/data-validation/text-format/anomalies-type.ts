import {
  Anomalies_AnomalyNameFormat,
  AnomalyInfo_Severity,
  AnomalyInfo_Type,
  DriftSkewInfo_Measurement_Type,
} from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import { messageType } from "./message-type.ts";
import { schemaType } from "./schema-type.ts";
import { pathType } from "./statistics-type.ts";

const anomalyInfo = messageType("AnomalyInfo", [
  ["description", "string"],
  ["severity", { values: AnomalyInfo_Severity }],
  ["short_description", "string"],
  [
    "reason",
    messageType("AnomalyInfo.Reason", [
      ["type", { values: AnomalyInfo_Type }],
      ["short_description", "string"],
      ["description", "string"],
    ]),
    "repeated",
  ],
  ["path", pathType],
]);

const measurement = messageType("DriftSkewInfo.Measurement", [
  ["type", { values: DriftSkewInfo_Measurement_Type }],
  ["value", "double"],
  ["threshold", "double"],
]);

/** Anomalies of proto/tensorflow/metadata/v0/anomalies.proto. */
export const anomaliesType = messageType("Anomalies", [
  ["baseline", schemaType],
  [
    "anomaly_info",
    messageType("Anomalies.AnomalyInfoEntry", [
      ["key", "string"],
      ["value", anomalyInfo],
    ]),
    "map",
  ],
  ["data_missing", "bool"],
  ["anomaly_name_format", { values: Anomalies_AnomalyNameFormat }],
  ["dataset_anomaly_info", anomalyInfo],
  [
    "drift_skew_info",
    messageType("DriftSkewInfo", [
      ["path", pathType],
      ["drift_measurements", measurement, "repeated"],
      ["skew_measurements", measurement, "repeated"],
    ]),
    "repeated",
  ],
]);
