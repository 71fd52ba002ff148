export { standardDeclarations } from "./declarations.ts";
export { evaluatorDeclaration, thresholdSchema } from "./evaluator.ts";
export { exampleGenDeclaration } from "./example-gen.ts";
export { exampleValidatorDeclaration } from "./example-validator.ts";
export { modelValidatorDeclaration } from "./model-validator.ts";
export { destinationToken, pusherDeclaration } from "./pusher.ts";
export { schemaGenDeclaration } from "./schema-gen.ts";
export { statisticsGenDeclaration } from "./statistics-gen.ts";
export { trainerDeclaration } from "./trainer.ts";
export { transformDeclaration } from "./transform.ts";
export {
  csvExampleGen,
  evaluator,
  exampleValidator,
  modelValidator,
  pusher,
  schemaGen,
  statisticsGen,
  trainer,
  transform,
} from "./nodes.ts";
