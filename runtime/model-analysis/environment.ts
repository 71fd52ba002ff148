import { engineEnvironment } from "../engine/mod.ts";
import { backendEnvironment } from "../tensorflow/mod.ts";

/** What evaluations depend on apart from inputs and parameters: the predicting backend, and both libraries' versions. */
export function evaluationEnvironment(): { readonly backend: string; readonly versions: Record<string, string> } {
  const { backend, versions } = backendEnvironment();
  return { backend, versions: { ...engineEnvironment().versions, ...versions } };
}
