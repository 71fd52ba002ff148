import type { SliceMetrics } from "./metrics.ts";

/**
 * Looks a metric up by the name that thresholds use: `accuracy`, or `recall/Gentoo` for one class.
 *
 * @returns Undefined if it doesn't exist or couldn't be computed.
 */
export function metricValue(slice: Pick<SliceMetrics, "metrics" | "classes">, name: string): number | undefined {
  const separator = name.indexOf("/");
  if (separator < 0) return own(slice.metrics, name);
  const values = own(slice.classes, name.slice(separator + 1));
  return values && own(values, name.slice(0, separator));
}

/** A member by a name that may come from data, such as a class called "constructor". */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Every name that `metricValue` finds, for messages. */
export function metricNames(slice: Pick<SliceMetrics, "metrics" | "classes">): string[] {
  const ofClasses = Object.entries(slice.classes).flatMap(([label, values]) =>
    Object.keys(values).map((metric) => `${metric}/${label}`),
  );
  return [...Object.keys(slice.metrics), ...ofClasses];
}
