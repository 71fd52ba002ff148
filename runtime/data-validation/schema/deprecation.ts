import { type Feature, LifecycleStage } from "../../contracts/tensorflow/metadata/v0/schema.ts";

const unvalidated: ReadonlySet<LifecycleStage> = new Set([
  LifecycleStage.PLANNED,
  LifecycleStage.ALPHA,
  LifecycleStage.DEPRECATED,
  LifecycleStage.DEBUG_ONLY,
  LifecycleStage.DISABLED,
]);

/** Whether a feature is at a stage of its life in which it is not validated. */
export function isDeprecated({ deprecated, lifecycleStage }: Feature): boolean {
  return deprecated === true || (lifecycleStage !== undefined && unvalidated.has(lifecycleStage));
}

/** The feature, no longer validated. */
export function deprecate(feature: Feature): Feature {
  return { ...feature, lifecycleStage: LifecycleStage.DEPRECATED };
}
