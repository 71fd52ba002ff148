import { implement } from "millrace/component";
import { exampleValidatorDeclaration } from "millrace/pipeline";

/** ExampleValidator: where statistics and schema disagree. Its work is loaded by the executor alone. Source: TFX. */
export const exampleValidator = implement(exampleValidatorDeclaration, async (context) => {
  const { validateStatistics } = await import("./validate-statistics.ts");
  return validateStatistics(context);
});
