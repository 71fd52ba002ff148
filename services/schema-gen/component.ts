import { implement } from "millrace/component";
import { schemaGenDeclaration } from "millrace/pipeline";

/** SchemaGen: a schema inferred from statistics. Its work is loaded by the executor alone. Source: TFX SchemaGen. */
export const schemaGen = implement(schemaGenDeclaration, async (context) => {
  const { inferFromStatistics } = await import("./infer-from-statistics.ts");
  return inferFromStatistics(context);
});
