import { AnomalyInfo_Type as Type } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import { type Feature, FeatureType } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import { deprecate } from "./deprecation.ts";
import type { Amendment, Finding, StringDomains } from "./finding.ts";

const typesOfDomain: Readonly<Record<NonNullable<Feature["domainInfo"]>["$case"], readonly FeatureType[]>> = {
  domain: [FeatureType.BYTES],
  stringDomain: [FeatureType.BYTES],
  boolDomain: [FeatureType.INT, FeatureType.BYTES, FeatureType.FLOAT],
  intDomain: [FeatureType.INT, FeatureType.BYTES],
  floatDomain: [FeatureType.FLOAT, FeatureType.BYTES],
};

const protoNames: Readonly<Record<keyof typeof typesOfDomain, string>> = {
  domain: "domain",
  stringDomain: "string_domain",
  boolDomain: "bool_domain",
  intDomain: "int_domain",
  floatDomain: "float_domain",
};

/** Checks that a feature of a schema, which people may have edited, makes sense by itself. */
export function amendSpecification(feature: Feature, domains: StringDomains): Amendment {
  const typed = amendType(feature);
  if (typed.feature.type === undefined) return typed;
  const ranged = amendFractions(typed.feature);
  const fitting = amendDomainInfo(ranged.feature, domains);
  return { feature: fitting.feature, findings: [...typed.findings, ...ranged.findings, ...fitting.findings] };
}

function amendType(feature: Feature): Amendment {
  if (feature.type !== undefined) return { feature, findings: [] };
  const byDomain = feature.domainInfo?.$case === "domain" || feature.domainInfo?.$case === "stringDomain";
  const advice = byDomain
    ? "unspecified type: inferring the type to be BYTES, given the domain specified."
    : "unspecified type: determine the type and set it, rather than deprecating.";
  const finding = { type: Type.FEATURE_MISSING_TYPE, shortDescription: advice, description: "" };
  return { feature: byDomain ? { ...feature, type: FeatureType.BYTES } : deprecate(feature), findings: [finding] };
}

function amendFractions(feature: Feature): Amendment {
  const fraction = feature.presence?.minFraction ?? 0;
  if (fraction >= 0 && fraction <= 1) return { feature, findings: [] };
  const presence = { ...feature.presence, minFraction: fraction < 0 ? undefined : 1 };
  const shortDescription =
    fraction < 0
      ? "min_fraction should not be negative: clear is equal to zero"
      : "min_fraction should not greater than 1";
  const finding = { type: Type.INVALID_SCHEMA_SPECIFICATION, shortDescription, description: "" };
  return { feature: { ...feature, presence }, findings: [finding] };
}

function amendDomainInfo(feature: Feature, domains: StringDomains): Amendment {
  const info = feature.domainInfo;
  const type = feature.type ?? FeatureType.TYPE_UNKNOWN;
  if (info === undefined) return { feature, findings: [] };
  const withoutDomain = { ...feature, domainInfo: undefined };
  if (!typesOfDomain[info.$case].includes(type)) {
    return { feature: withoutDomain, findings: [domainDoesNotMatch(protoNames[info.$case], type)] };
  }
  if (info.$case !== "domain" || domains.has(info.value)) return { feature, findings: [] };
  const shortDescription = `missing domain: ${info.value}`;
  const finding = { type: Type.INVALID_DOMAIN_SPECIFICATION, shortDescription, description: "" };
  return { feature: withoutDomain, findings: [finding] };
}

function domainDoesNotMatch(domain: string, type: FeatureType): Finding {
  const typeName = Object.entries(FeatureType).find(([, number]) => number === type)?.[0] ?? String(type);
  return {
    type: Type.DOMAIN_INVALID_FOR_TYPE,
    shortDescription: "The domain does not match the type",
    description: `The domain "${domain}" does not match the type: ${typeName}`,
  };
}
