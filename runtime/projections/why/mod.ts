export { type Cause } from "./causes.ts";
export { type Verdict } from "./evidence.ts";
export { type ExecutionDifference } from "./execution-difference.ts";
export { type CacheExplanation, type Why } from "./explain-node.ts";
export { type LoadPlan } from "./read-facts.ts";
export { readWhy, type WhyQuestion } from "./read-why.ts";
