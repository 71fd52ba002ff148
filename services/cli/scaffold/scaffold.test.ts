import { describe, expect, it } from "vitest";
import type { Column } from "./columns.ts";
import { chooseLabel } from "./label.ts";
import { packageJson } from "./settings.ts";
import { preprocessingSource } from "./preprocessing-source.ts";

const column = (name: string, kind: Column["kind"], distinct: number, blanks = 0): Column => ({
  name,
  kind,
  distinct,
  blanks,
  rows: 344,
});
const species = column("species", "string", 3);
const island = column("island", "string", 3);
const mass = column("body mass (g)", "int", 94, 2);
const sex = column("sex", "string", 3, 10);
const id = column("id", "string", 344);

describe("chooseLabel()", () => {
  it.each([
    ["the one asked for", [species, sex], "sex", "sex"],
    ["one that is named like a label", [species, column("Target", "int", 2)], undefined, "Target"],
    ["the first text with few values and no blanks", [id, sex, species, island], undefined, "species"],
    ["the last column with few values", [mass, sex, column("grade", "int", 5)], undefined, "grade"],
  ])("takes %s", (_what, columns, asked, label) => {
    expect(chooseLabel(columns, asked).name).toBe(label);
  });

  it("refuses a column that isn't there, and data without one to take", () => {
    expect(() => chooseLabel([species], "genus")).toThrow(/There is no column "genus": there are species/);
    expect(() => chooseLabel([id, mass], undefined)).toThrow(/name the one to predict with --label/);
  });
});

describe("preprocessingSource()", () => {
  const source = preprocessingSource([id, species, island, mass, column("town", "string", 200)], species);

  it("standardises numbers, gives texts places, hashes texts of many values and leaves out what names the row", () => {
    expect(source).toContain('"body mass (g)": zScore(row["body mass (g)"])');
    expect(source).toContain("island: oneHot(vocabulary(row.island))");
    expect(source).toContain("town: oneHot(hashBuckets(row.town, 64))");
    expect(source).toContain("species: vocabulary(row.species)");
    expect(source).not.toContain("row.id");
  });

  it("imports what it uses", () => {
    expect(source).toContain("import { hashBuckets, oneHot, vocabulary, zScore, type TransformInputs }");
    expect(preprocessingSource([species, mass], species)).toContain("import { vocabulary, zScore,");
  });
});

describe("packageJson()", () => {
  it("keeps what is there and adds what is needed", () => {
    const existing = { name: "mine", dependencies: { millrace: "file:../millrace.tgz" }, scripts: { test: "vitest" } };
    expect(JSON.parse(packageJson("data", existing))).toMatchObject({
      name: "mine",
      type: "module",
      scripts: { test: "vitest" },
      dependencies: { millrace: "file:../millrace.tgz", "@millrace/cli": expect.stringMatching(/^\d/) },
      millrace: { pipelines: ["pipeline.ts"] },
    });
  });
});
