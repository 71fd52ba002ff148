import type { Feature } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import type { FeatureNameStatistics } from "../../contracts/tensorflow/metadata/v0/statistics.ts";
import { amendBoolDomain } from "./bool-domain.ts";
import type { Amendment, StringDomains } from "./finding.ts";
import { amendFloatDomain } from "./float-domain.ts";
import { amendIntDomain } from "./int-domain.ts";
import { amendStringDomain } from "./string-domain.ts";

/** A feature and its schema's string domains, made to fit. */
export interface DomainAmendment extends Amendment {
  readonly domains: StringDomains;
}

/** Checks a feature's values against its domain. */
export function amendDomain(
  feature: Feature,
  statistics: FeatureNameStatistics,
  domains: StringDomains,
): DomainAmendment {
  const info = feature.domainInfo;
  switch (info?.$case) {
    case "domain":
      return amendNamed(feature, info.value, statistics, domains);
    case "stringDomain": {
      const { domain: value, findings } = amendStringDomain(info.value, statistics, massOf(feature));
      return { feature: withDomain(feature, value && { $case: "stringDomain", value }), findings, domains };
    }
    case "intDomain": {
      const { domain: value, findings } = amendIntDomain(info.value, statistics);
      return { feature: withDomain(feature, value && { $case: "intDomain", value }), findings, domains };
    }
    case "floatDomain": {
      const { domain: value, findings } = amendFloatDomain(info.value, statistics);
      return { feature: withDomain(feature, value && { $case: "floatDomain", value }), findings, domains };
    }
    case "boolDomain":
      return { ...amendBoolDomain(feature, info.value, statistics), domains };
    default:
      return { feature, findings: [], domains };
  }
}

/** A domain that the schema defines by name, and that other features may share. */
function amendNamed(
  feature: Feature,
  name: string,
  statistics: FeatureNameStatistics,
  domains: StringDomains,
): DomainAmendment {
  const named = domains.get(name);
  if (named === undefined) return { feature, findings: [], domains };
  const { domain, findings } = amendStringDomain(named, statistics, massOf(feature));
  const amended = new Map(domains);
  if (domain !== undefined) amended.set(name, domain);
  else amended.delete(name);
  return { feature: domain === undefined ? withDomain(feature, undefined) : feature, findings, domains: amended };
}

function withDomain(feature: Feature, domainInfo: Feature["domainInfo"]): Feature {
  return { ...feature, domainInfo };
}

function massOf({ distributionConstraints }: Feature): number {
  return distributionConstraints?.minDomainMass ?? 1;
}
