import type { Engine } from "../engine/mod.ts";

/** How a test's classifier is trained. */
export interface TestTraining {
  /** Directory of Examples with splits `train` and `eval`. */
  readonly examplesPath: string;
  /** Numeric raw features. */
  readonly features: readonly string[];
  /** Raw feature of text that is the label. */
  readonly label: string;
  /** The Model artifact is its `model`. */
  readonly directory: string;
  readonly epochs?: number;
}

/**
 * Trains a small classifier with the real transform and trainer, without processes or a log between them.
 * Loads them only when it is called.
 *
 * @returns Directory of the Model artifact.
 */
export async function trainTestModel(engine: Engine, training: TestTraining): Promise<string> {
  const { train } = await import("./train-test-model.ts");
  return train(engine, training);
}
