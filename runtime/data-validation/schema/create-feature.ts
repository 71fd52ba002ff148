import type { Feature, StringDomain } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import {
  type FeatureNameStatistics,
  FeatureNameStatistics_Type,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { inferBoolDomain } from "./bool-domain.ts";
import { featureTypeOf, hasInvalidUtf8, pathOf, serializePath, stringValues } from "./feature-view.ts";
import type { StringDomains } from "./finding.ts";
import { isIntDomainCandidate } from "./int-domain.ts";
import { inferPresence } from "./presence.ts";
import { isStringDomainCandidate } from "./string-domain.ts";
import { inferShapeType } from "./valency.ts";

/** How a schema is inferred. */
export interface InferenceOptions {
  /** Whether features of constant length get a shape; else they get limits of their number of values. */
  readonly inferFeatureShape: boolean;
  /** Most distinct strings that are taken for all that there may be. Default 100. Source: TFDV. */
  readonly stringDomainValuesMax?: number;
}

const stringDomainValuesMaxDefault = 100;

/** A feature as statistics show it, and the string domain made for it, if any. */
export interface CreatedFeature {
  readonly feature: Feature;
  readonly stringDomain?: StringDomain;
}

/** Infers a feature that the schema does not have. Source: TFDV's Schema::Updater::CreateColumn. */
export function createFeature(
  statistics: FeatureNameStatistics,
  domains: StringDomains,
  options: InferenceOptions,
): CreatedFeature {
  const path = pathOf(statistics);
  const feature: Feature = {
    name: path.at(-1),
    type: featureTypeOf(statistics),
    presence: inferPresence(statistics),
    shapeType: inferShapeType(statistics, options.inferFeatureShape),
    inEnvironment: [],
    notInEnvironment: [],
  };
  if (hasInvalidUtf8(statistics) || statistics.type === FeatureNameStatistics_Type.BYTES) return { feature };
  const boolDomain = inferBoolDomain(statistics);
  if (boolDomain !== undefined) {
    return { feature: { ...feature, domainInfo: { $case: "boolDomain", value: boolDomain } } };
  }
  if (isIntDomainCandidate(statistics)) {
    return { feature: { ...feature, domainInfo: { $case: "intDomain", value: {} } } };
  }
  if (!isStringDomainCandidate(statistics, options.stringDomainValuesMax ?? stringDomainValuesMaxDefault)) {
    return { feature };
  }
  const name = freeName(serializePath(path), domains);
  const stringDomain = { name, value: [...stringValues(statistics)] };
  return { feature: { ...feature, domainInfo: { $case: "domain", value: name } }, stringDomain };
}

function freeName(wanted: string, domains: StringDomains): string {
  let name = wanted;
  for (let number = 2; domains.has(name); number++) name = `${wanted}${number}`;
  return name;
}
