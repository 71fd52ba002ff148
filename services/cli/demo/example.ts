import { cpSync, existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { DataDirectory } from "@millrace/local";

/** The example that the demo runs. */
export const example = {
  dataset: "penguins",
  /** Model that its pipeline pushes, as the model server names it. */
  model: "penguins",
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

/** Where the example's files are. */
export interface ExampleFiles {
  /** Module of the pipeline. */
  readonly pipeline: string;
  readonly csv: string;
}

/**
 * The example's files where they can be used: as they lie in a checkout that is the project, else copied into the data
 * directory. Ingest reads nothing outside the project, and Node runs no TypeScript out of a package.
 */
export function exampleFiles(data: DataDirectory): ExampleFiles {
  const checkout = fileURLToPath(new URL("../../../examples/penguins/", import.meta.url));
  const packaged = fileURLToPath(new URL("../examples/penguins/", import.meta.url));
  const source = existsSync(checkout) ? checkout : packaged;
  const usable = source === checkout && !relative(data.project, source).startsWith("..");
  const copy = join(data.root, "demo");
  if (!usable) cpSync(source, copy, { recursive: true });
  // From another project, a checkout's pipeline finds the library only where it lies.
  const pipeline = join(source === checkout ? source : copy, "pipeline.ts");
  return { pipeline, csv: join(usable ? source : copy, "penguins.csv") };
}
