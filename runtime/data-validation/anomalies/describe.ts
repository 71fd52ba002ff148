import { type AnomalyInfo, AnomalyInfo_Severity } from "../../contracts/tensorflow/metadata/v0/anomalies.ts";
import type { Finding } from "../schema/finding.ts";

const multipleErrors = "Multiple errors";

/**
 * One anomaly of several findings; every finding is of severity ERROR, as by TFDV's default.
 * @param path The feature's path; absent for the dataset as a whole.
 */
export function describeFindings(findings: readonly Finding[], path?: readonly string[]): AnomalyInfo {
  const told = findings.filter(({ description }) => description !== "");
  const [only = findings[0]] = told;
  return {
    description: told.map(({ description }) => description).join(" "),
    severity: AnomalyInfo_Severity.ERROR,
    shortDescription: told.length > 1 ? multipleErrors : (only?.shortDescription ?? ""),
    reason: findings.map(({ type, shortDescription, description }) => ({ type, shortDescription, description })),
    path: path === undefined ? undefined : { step: [...path] },
  };
}
