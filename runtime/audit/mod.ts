export { type Finding } from "./findings.ts";
export { type Verified, verify, type VerifyOptions } from "./verify.ts";
