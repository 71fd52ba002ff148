import { type TransformInputs, vocabulary, zScore } from "millrace/transform";

/** A row of the penguins' CSV, as far as it is used. */
interface Penguin {
  readonly species: string;
  readonly culmen_length_mm: number;
  readonly culmen_depth_mm: number;
  readonly body_mass_g: number;
}

/** Nothing is filled in: rows without measurements are gone by now. */
export const preprocessing = (penguin: TransformInputs<Penguin>) => ({
  culmen_length: zScore(penguin.culmen_length_mm),
  culmen_depth: zScore(penguin.culmen_depth_mm),
  body_mass: zScore(penguin.body_mass_g),
  species: vocabulary(penguin.species),
});
