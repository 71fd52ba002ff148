import { type Feature, Schema } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type {
  DatasetFeatureStatistics,
  FeatureNameStatistics,
} from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { amendFeature } from "./amend-feature.ts";
import { createFeature, type InferenceOptions } from "./create-feature.ts";
import { deprecate, isDeprecated } from "./deprecation.ts";
import { pathOf } from "./feature-view.ts";
import type { StringDomains } from "./finding.ts";
import { isRequired } from "./presence.ts";

/**
 * Infers a schema: from the first statistics, then updated with each of the others.
 * Source: TFX's SchemaGen, TFDV's infer_schema and update_schema.
 */
export function inferSchema(splits: readonly DatasetFeatureStatistics[], options: InferenceOptions): Schema {
  return splits.reduce((schema, split) => updateSchema(schema, split, options), Schema.fromPartial({}));
}

/** Makes a schema fit statistics: domains grow, bounds widen, new features come in, missing ones are deprecated. */
export function updateSchema(schema: Schema, statistics: DatasetFeatureStatistics, options: InferenceOptions): Schema {
  const updated = statistics.features.reduce(
    (before, feature) => updateOne(before, feature, Number(statistics.numExamples), options),
    schema,
  );
  const missing = new Set(missingFeatures(schema, statistics).map(({ name }) => name));
  const feature = updated.feature.map((one) => (missing.has(one.name) ? deprecate(one) : one));
  return { ...updated, feature };
}

/** Features that a dataset should have, and that its statistics do not know. */
export function missingFeatures(schema: Schema, statistics: DatasetFeatureStatistics): readonly Feature[] {
  const present = new Set(statistics.features.map((feature) => pathOf(feature).at(-1)));
  return schema.feature.filter(
    (feature) => !isDeprecated(feature) && isRequired(feature) && !present.has(feature.name),
  );
}

/** The schema's string domains by name. */
export function stringDomainsOf({ stringDomain }: Schema): StringDomains {
  return new Map(stringDomain.map((domain) => [domain.name ?? "", domain]));
}

function updateOne(
  schema: Schema,
  statistics: FeatureNameStatistics,
  numExamples: number,
  options: InferenceOptions,
): Schema {
  const name = pathOf(statistics).at(-1);
  const domains = stringDomainsOf(schema);
  const known = schema.feature.find((feature) => feature.name === name);
  if (known === undefined) {
    const { feature, stringDomain } = createFeature(statistics, domains, options);
    const added = stringDomain === undefined ? [] : [stringDomain];
    return { ...schema, feature: [...schema.feature, feature], stringDomain: [...schema.stringDomain, ...added] };
  }
  const amended = amendFeature(known, statistics, domains, numExamples);
  const dropped = schema.stringDomain.filter((domain) => !amended.domains.has(domain.name ?? ""));
  return {
    ...schema,
    feature: schema.feature.map((feature) =>
      feature === known ? amended.feature : withoutDomains(feature, new Set(dropped.map((domain) => domain.name))),
    ),
    stringDomain: [...amended.domains.values()],
  };
}

/** A domain that was dropped is dropped from every feature that shared it. */
function withoutDomains(feature: Feature, dropped: ReadonlySet<string | undefined>): Feature {
  const info = feature.domainInfo;
  return info?.$case === "domain" && dropped.has(info.value) ? { ...feature, domainInfo: undefined } : feature;
}
