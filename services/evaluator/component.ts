import { implement } from "millrace/component";
import { evaluationEnvironment } from "millrace/model-analysis";
import { evaluatorDeclaration } from "millrace/pipeline";
import { evaluateModel } from "./evaluate-model.ts";

/** The evaluator: metrics of a model on raw examples, by slice. */
export const evaluator = implement(evaluatorDeclaration, evaluateModel, { environment: evaluationEnvironment });
