import { implement } from "millrace/component";
import { engineEnvironment } from "millrace/engine";
import { statisticsGenDeclaration } from "millrace/pipeline";
import { describeExamples } from "./describe-examples.ts";

/** StatisticsGen: statistics of each split. Source: TFX StatisticsGen. */
export const statisticsGen = implement(statisticsGenDeclaration, describeExamples, { environment: engineEnvironment });
