import { implement } from "millrace/component";
import { engineEnvironment } from "millrace/engine";
import { modelValidatorDeclaration } from "millrace/pipeline";
import { backendEnvironment } from "millrace/tensorflow";

/**
 * The model validator: blesses a model that is good enough and no worse than the last blessed one.
 * The agent imports it too, so its work is loaded late.
 */
export const modelValidator = implement(
  modelValidatorDeclaration,
  async (context) => {
    const { validateModel } = await import("./validate-model.ts");
    return validateModel(context);
  },
  { environment },
);

/** It predicts with the backend, and aggregates with the engine. */
function environment() {
  const { backend, versions } = backendEnvironment();
  return { backend, versions: { ...engineEnvironment().versions, ...versions } };
}
