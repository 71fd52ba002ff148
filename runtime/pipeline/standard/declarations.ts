import type { Declaration } from "../declaration.ts";
import { evaluatorDeclaration } from "./evaluator.ts";
import { exampleGenDeclaration } from "./example-gen.ts";
import { exampleValidatorDeclaration } from "./example-validator.ts";
import { modelValidatorDeclaration } from "./model-validator.ts";
import { pusherDeclaration } from "./pusher.ts";
import { schemaGenDeclaration } from "./schema-gen.ts";
import { statisticsGenDeclaration } from "./statistics-gen.ts";
import { trainerDeclaration } from "./trainer.ts";
import { transformDeclaration } from "./transform.ts";

/** The nine components' declarations, by component. */
export const standardDeclarations: ReadonlyMap<string, Declaration> = new Map(
  [
    exampleGenDeclaration,
    statisticsGenDeclaration,
    schemaGenDeclaration,
    exampleValidatorDeclaration,
    transformDeclaration,
    trainerDeclaration,
    evaluatorDeclaration,
    modelValidatorDeclaration,
    pusherDeclaration,
  ].map((declaration): [string, Declaration] => [declaration.name, declaration]),
);
