import type { RunView } from "millrace/projections";
import { printRun } from "../print/run.ts";
import { printTable } from "../print/table.ts";
import { duration } from "../print/values.ts";
import type { RawRow } from "../predicting/model-server.ts";

/** A row of raw features, what it is, and what the model server says. */
export interface Predicted {
  readonly species: string;
  readonly raw: RawRow;
  readonly prediction: unknown;
}

/** What the demo ends with: the run, and the predictions beside what is true. */
export function printReport(view: RunView, predictions: readonly Predicted[], tookMs: number): string {
  const rows = predictions.map(({ species, raw, prediction }) => [
    species,
    `${String(raw["island"])}, ${String(raw["culmen_length_mm"])} mm, ${String(raw["body_mass_g"])} g`,
    JSON.stringify(prediction),
  ]);
  const parts = [
    "",
    printRun(view),
    rows.length === 0
      ? "No predictions: nothing was pushed."
      : printTable(["penguin", "raw features", "prediction over REST"], rows),
    `${duration(tookMs)} in all, of which the run took ${duration(view.durationMs)}`,
  ];
  return parts.join("\n\n");
}
