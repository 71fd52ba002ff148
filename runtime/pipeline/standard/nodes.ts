import { node } from "../node.ts";
import { evaluatorDeclaration } from "./evaluator.ts";
import { exampleGenDeclaration } from "./example-gen.ts";
import { exampleValidatorDeclaration } from "./example-validator.ts";
import { modelValidatorDeclaration } from "./model-validator.ts";
import { pusherDeclaration } from "./pusher.ts";
import { schemaGenDeclaration } from "./schema-gen.ts";
import { statisticsGenDeclaration } from "./statistics-gen.ts";
import { trainerDeclaration } from "./trainer.ts";
import { transformDeclaration } from "./transform.ts";

/** Reads a dataset into Examples, split by hash. */
export const csvExampleGen = node(exampleGenDeclaration);

/** Computes statistics of each split. */
export const statisticsGen = node(statisticsGenDeclaration);

/** Infers a schema from statistics. */
export const schemaGen = node(schemaGenDeclaration);

/** Compares statistics with a schema and reports anomalies. */
export const exampleValidator = node(exampleValidatorDeclaration);

/** Analyses one split, transforms all, and keeps the graph for serving. */
export const transform = node(transformDeclaration);

/** Trains a model and exports it with the transform inside. */
export const trainer = node(trainerDeclaration);

/** Computes metrics of a model on raw examples, by slice. */
export const evaluator = node(evaluatorDeclaration);

/** Blesses a model that is good enough and not worse than the last blessed one. */
export const modelValidator = node(modelValidatorDeclaration);

/** Copies a blessed model to where servers find it. */
export const pusher = node(pusherDeclaration);
