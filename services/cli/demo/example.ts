import { fileURLToPath } from "node:url";

/** The example that the demo runs. */
export const example = {
  dataset: "penguins",
  file: "penguins.csv",
  /** Model that its pipeline pushes, as the model server names it. */
  model: "penguins",
  directory: fileURLToPath(new URL("../../../examples/penguins/", import.meta.url)),
  /** Rows of raw features that the demo asks about: lines of penguins.csv, and what they are. */
  rows: [
    {
      species: "Adelie",
      raw: {
        island: "Torgersen",
        culmen_length_mm: 39.1,
        culmen_depth_mm: 18.7,
        flipper_length_mm: 181,
        body_mass_g: 3750,
        sex: "MALE",
      },
    },
    {
      species: "Chinstrap",
      raw: {
        island: "Dream",
        culmen_length_mm: 46.5,
        culmen_depth_mm: 17.9,
        flipper_length_mm: 192,
        body_mass_g: 3500,
        sex: "FEMALE",
      },
    },
    {
      species: "Gentoo",
      raw: {
        island: "Biscoe",
        culmen_length_mm: 50,
        culmen_depth_mm: 16.3,
        flipper_length_mm: 230,
        body_mass_g: 5700,
        sex: "MALE",
      },
    },
  ],
} as const;
