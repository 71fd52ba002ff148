import type { Column } from "./columns.ts";

/** Most values of a text that gets a place for each; more are hashed. */
const vocabularyMax = 100;
const hashBuckets = 64;

/** Source of a project's preprocessing.ts: numbers standardised, texts one-hot, the label by its vocabulary. */
export function preprocessingSource(columns: readonly Column[], label: Column): string {
  const features = columns.filter((column) => column !== label && isFeature(column));
  const outputs = [
    ...features.map((column) => `  ${key(column)}: ${operationOf(column)},`),
    `  ${key(label)}: vocabulary(${read(label)}),`,
  ];
  return `import { ${importsOf(outputs.join("\n"))}, type TransformInputs } from "millrace/transform";

/** A row of the data. */
interface Row {
${columns.map((column) => `  readonly ${key(column)}: ${column.kind === "string" ? "string" : "number"};`).join("\n")}
}

/** Raw columns to what the model sees; the same graph of operations runs in training and in serving. */
export const preprocessing = (row: TransformInputs<Row>) => ({
${outputs.join("\n")}
});
`;
}

/** A text that differs in every row names the row, and one that never differs says nothing. */
function isFeature({ kind, distinct, rows }: Column): boolean {
  return distinct >= 2 && (kind !== "string" || distinct < rows);
}

function operationOf(column: Column): string {
  if (column.kind !== "string") return `zScore(${read(column)})`;
  return column.distinct <= vocabularyMax
    ? `oneHot(vocabulary(${read(column)}))`
    : `oneHot(hashBuckets(${read(column)}, ${hashBuckets}))`;
}

function importsOf(code: string): string {
  return ["hashBuckets", "oneHot", "vocabulary", "zScore"].filter((name) => code.includes(`${name}(`)).join(", ");
}

const identifierPattern = /^[A-Za-z_$][\w$]*$/;

function key({ name }: Column): string {
  return identifierPattern.test(name) ? name : JSON.stringify(name);
}

function read({ name }: Column): string {
  return identifierPattern.test(name) ? `row.${name}` : `row[${JSON.stringify(name)}]`;
}
