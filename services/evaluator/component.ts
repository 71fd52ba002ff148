import { implement } from "millrace/component";
import { engineEnvironment } from "millrace/engine";
import { evaluatorDeclaration } from "millrace/pipeline";
import { backendEnvironment } from "millrace/tensorflow";

/** The evaluator: metrics of a model on raw examples, by slice. The agent imports it too, so its work is loaded late. */
export const evaluator = implement(
  evaluatorDeclaration,
  async (context) => {
    const { evaluateModel } = await import("./evaluate-model.ts");
    return evaluateModel(context);
  },
  { environment },
);

/** It predicts with the backend, and aggregates with the engine. */
function environment() {
  const { backend, versions } = backendEnvironment();
  return { backend, versions: { ...engineEnvironment().versions, ...versions } };
}
