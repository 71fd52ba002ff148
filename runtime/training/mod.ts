/** Training, exported models and predictions. User code imports `millrace/training/layers`, which is light. */
export { type EpochMetrics } from "./fit.ts";
export type * from "./layers/mod.ts";
export type { Losses } from "./losses.ts";
export { commitFile } from "./model-files.ts";
export type { PredictedOutput, Prediction } from "./prediction.ts";
export { loadServingModel, type ServingModel } from "./serving-model.ts";
export type { RawInput, Signature } from "./signature.ts";
export type { RawBatch, RawValue } from "../transform/mod.ts";
export { modelInvoker, trainModel, type TrainModelOptions, type TrainModelResult } from "./train-model.ts";
