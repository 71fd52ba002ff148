import { fillMissing, oneHot, type TransformInputs, vocabulary, zScore } from "millrace/transform";

/** A row of penguins.csv. */
interface Penguin {
  readonly species: string;
  readonly island: string;
  readonly culmen_length_mm: number;
  readonly culmen_depth_mm: number;
  readonly flipper_length_mm: number;
  readonly body_mass_g: number;
  readonly sex: string;
}

/** Raw columns to what the model sees; the same graph of operations runs in training and in serving. */
export const preprocessing = (penguin: TransformInputs<Penguin>) => ({
  culmen_length: zScore(penguin.culmen_length_mm),
  culmen_depth: zScore(penguin.culmen_depth_mm),
  flipper_length: zScore(penguin.flipper_length_mm),
  body_mass: zScore(penguin.body_mass_g),
  island: oneHot(vocabulary(penguin.island)),
  sex: oneHot(vocabulary(fillMissing(penguin.sex, "unknown"))),
  species: vocabulary(penguin.species),
});
