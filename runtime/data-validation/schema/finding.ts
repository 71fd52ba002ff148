import type { AnomalyInfo_Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { Feature, StringDomain } from "../../contracts/tensorflow/metadata/v0/schema.ts";

/** Something in which statistics and schema disagree, in TFDV's words. */
export interface Finding {
  readonly type: AnomalyInfo_Type;
  readonly shortDescription: string;
  readonly description: string;
}

/** A feature made to fit statistics, and what did not fit before. */
export interface Amendment {
  readonly feature: Feature;
  readonly findings: readonly Finding[];
}

/** String domains of a schema by name. */
export type StringDomains = ReadonlyMap<string, StringDomain>;
