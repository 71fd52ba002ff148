import { WrongUse } from "../wrong-use.ts";
import type { Column } from "./columns.ts";

/** Most classes that a column taken for the label without being named may have. */
const classesMax = 20;

const likelyNames = new Set(["label", "target", "class", "y"]);

/**
 * The column to predict: the one asked for, else one that is named like a label, else the first text with few values
 * and no blanks, else the last column with few values.
 * @throws {WrongUse} there is none.
 */
export function chooseLabel(columns: readonly Column[], asked: string | undefined): Column {
  const few = columns.filter(({ distinct }) => distinct >= 2 && distinct <= classesMax);
  const label =
    asked === undefined
      ? (few.find(({ name }) => likelyNames.has(name.toLowerCase())) ??
        few.find(({ kind, blanks }) => kind === "string" && blanks === 0) ??
        few.at(-1))
      : columns.find(({ name }) => name === asked);
  if (label !== undefined) return label;
  const names = columns.map(({ name }) => name).join(", ");
  throw new WrongUse(
    asked === undefined
      ? `No column has 2 to ${classesMax} values: name the one to predict with --label (${names})`
      : `There is no column "${asked}": there are ${names}`,
  );
}
