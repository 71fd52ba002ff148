import { join } from "node:path";
import type { DataDirectory } from "@millrace/local";
import type { Setting } from "./chaos.ts";
import { destinationViolations, storeViolations } from "./file-rules.ts";
import type { AuditedLog } from "./log-audit.ts";
import { missingFanOut, violationsOf } from "./log-rules.ts";

export interface Audited {
  readonly setting: Pick<Setting, "lanes">;
  /** The undisturbed runs, one a lane. */
  readonly calm: readonly string[];
  /** The disturbed ones, lane after lane. */
  readonly disturbed: readonly string[];
  readonly data: Pick<DataDirectory, "store" | "pushRoot">;
}

/** Everything that is not as promised: in the log, in the store, in the destinations, and in what was computed. */
export function audit(log: AuditedLog, { setting, calm, disturbed, data }: Audited): readonly string[] {
  const runs = [...calm, ...disturbed];
  return [
    ...violationsOf(log, runs),
    ...missingFanOut(log, runs),
    ...log.foreign
      .filter(({ subject }) => !subject.includes(".dataset."))
      .map(({ sequence, subject }) => `message ${sequence} on ${subject} is no event`),
    ...disturbed.flatMap((run, index) => differences(log, calm[index % setting.lanes.length] ?? "", run)),
    ...storeViolations(data.store, log),
    ...[...log.chains].flatMap(([subject, messages]) => {
      const [, kind] = subject.split(".");
      const bodies = kind === "target" ? messages.map(({ event }) => event.body) : [];
      const pushed = bodies.flatMap((body) => (body?.$case === "pushed" && body.value.push ? [body.value.push] : []));
      const [uri] = bodies.flatMap((body) => (body?.$case === "pushed" ? [body.value.uri] : []));
      if (uri === undefined) return [];
      return destinationViolations(
        join(new URL(uri).pathname, ".."),
        pushed.map(({ version }) => version),
      );
    }),
  ];
}

/** Outputs of a run that are not those of the undisturbed one. */
function differences(log: AuditedLog, calm: string, run: string): readonly string[] {
  const wanted = log.runs.get(calm)?.digests ?? new Map<string, string>();
  const made = log.runs.get(run)?.digests ?? new Map<string, string>();
  return [...new Set([...wanted.keys(), ...made.keys()])]
    .filter((output) => wanted.get(output) !== made.get(output))
    .map((output) => `run ${run}: ${output} is ${made.get(output)}, undisturbed ${wanted.get(output)}`);
}
