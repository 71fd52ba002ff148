import type { SplitAnomalies } from "millrace/data-validation";

/** Anomalies that a note spells out; the rest is counted. */
const spelledOutMax = 3;

/** One sentence for people about what was found, the first anomalies named. */
export function anomaliesNote(splits: readonly SplitAnomalies[]): string {
  const told = splits.flatMap(({ split, dataMissing, found }) => [
    ...(dataMissing ? [`${split}: no examples`] : []),
    ...found.map(({ feature, description, shortDescription }) => {
      const subject = feature === undefined ? split : `${feature} (${split})`;
      return `${subject}: ${withoutFullStop(description || shortDescription)}`;
    }),
  ]);
  if (told.length === 0) return `No anomalies in ${splits.map(({ split }) => split).join(", ")}`;
  const rest = told.length - spelledOutMax;
  const more = rest > 0 ? `; and ${rest} more` : "";
  return `${told.length === 1 ? "1 anomaly" : `${told.length} anomalies`}: ${told.slice(0, spelledOutMax).join("; ")}${more}`;
}

function withoutFullStop(sentence: string): string {
  return sentence.trim().replace(/\.$/, "");
}
