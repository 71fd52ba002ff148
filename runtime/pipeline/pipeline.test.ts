import { describe, expect, expectTypeOf, it } from "vitest";
import { code } from "./code.ts";
import { artifact, declareComponent } from "./declaration.ts";
import type { Handle } from "./handle.ts";
import { lastBlessed } from "./handle.ts";
import { node } from "./node.ts";
import { dataset, pipeline } from "./pipeline.ts";
import {
  csvExampleGen,
  exampleValidator,
  modelValidator,
  schemaGen,
  statisticsGen,
  transform,
} from "./standard/mod.ts";

const on = dataset("penguins");

describe("pipeline()", () => {
  it("names nodes by option, by the key they are returned under, and else after their component", () => {
    const { nodes } = pipeline("penguins", { on }, ({ source }) => {
      const examples = csvExampleGen({ source });
      const statistics = statisticsGen({ examples, name: "facts" });
      schemaGen({ statistics });
      return { examples, statistics };
    });
    expect([...nodes.keys()]).toEqual(["examples", "facts", "schema-gen"]);
  });

  it("names a node with several outputs by the key of their record", () => {
    const { nodes } = pipeline("penguins", { on }, ({ source }) => {
      const examples = csvExampleGen({ source });
      const schema = schemaGen({ statistics: statisticsGen({ examples }) });
      const features = transform({ examples, schema, preprocessing: code(() => import("./testdata/functions.ts")) });
      return { features };
    });
    expect([...nodes.keys()]).toContain("features");
  });

  it("refuses two nodes of one name and says which components they are", () => {
    expect(() =>
      pipeline("penguins", { on }, ({ source }) => {
        const examples = csvExampleGen({ source });
        return {
          a: statisticsGen({ examples, name: "same" }),
          b: schemaGen({ statistics: statisticsGen({ examples }), name: "same" }),
        };
      }),
    ).toThrow(/"same" names both statistics-gen and schema-gen/);
  });

  it("refuses the name of the dataset's own node", () => {
    expect(() => pipeline("penguins", { on }, (start) => ({ source: csvExampleGen(start) }))).toThrow(
      /"source" names both the dataset's own node and example-gen/,
    );
  });

  it("refuses a node returned under two keys", () => {
    expect(() =>
      pipeline("penguins", { on }, ({ source }) => {
        const examples = csvExampleGen({ source });
        return { one: examples, two: examples };
      }),
    ).toThrow(/example-gen is returned as "one" and as "two"/);
  });

  it("refuses a node name that no subject can hold", () => {
    expect(() => pipeline("penguins", { on }, ({ source }) => ({ "a.b": csvExampleGen({ source }) }))).toThrow(
      /Cannot use "a.b" as node name/,
    );
  });

  it("refuses a node outside a pipeline, and a pipeline inside another", () => {
    const { source } = { source: { type: "Dataset", origin: { kind: "source" } } } as const;
    expect(() => csvExampleGen({ source })).toThrow(/Cannot place example-gen here/);
    expect(() => pipeline("a", { on }, () => (pipeline("b", { on }, () => ({})), {}))).toThrow(/inside another/);
  });
});

describe("node()", () => {
  it("refuses a declaration whose input and parameter share a name", () => {
    const declaration = declareComponent({
      name: "copy",
      version: "1",
      inputs: { cache: artifact("Examples") },
      outputs: { copy: artifact("Examples") },
    });
    expect(() => node(declaration)).toThrow(/"cache" names two/);
  });

  // Never run: what the type checker refuses is the test.
  it("makes wrong wiring a type error", () => {
    expectTypeOf((source: Handle<"Dataset">) => {
      const examples = csvExampleGen({ source });
      const statistics = statisticsGen({ examples });
      const schema = schemaGen({ statistics });
      expectTypeOf(examples).toEqualTypeOf<Handle<"Examples">>();
      // @ts-expect-error -- a Schema where Examples are wanted.
      statisticsGen({ examples: schema });
      // @ts-expect-error -- a required input left out.
      exampleValidator({ statistics });
      // @ts-expect-error -- a parameter of the wrong type.
      csvExampleGen({ source, splits: { train: "two" } });
      // @ts-expect-error -- an argument it doesn't take.
      csvExampleGen({ source, spilts: { train: 2 } });
      // @ts-expect-error -- a module that doesn't exist.
      transform({ examples, schema, preprocessing: code(() => import("./testdata/none.ts")) });
      // @ts-expect-error -- a module without the export.
      transform({ examples, schema, preprocessing: code(() => import("./testdata/model.ts")) });
      // @ts-expect-error -- an export that is no function.
      transform({ examples, schema, preprocessing: code(() => import("./testdata/functions.ts"), "notAFunction") });
      const features = transform({
        examples,
        schema,
        preprocessing: code(() => import("./testdata/functions.ts"), "otherwise"),
      });
      expectTypeOf(features.graph).toEqualTypeOf<Handle<"TransformGraph">>();
      expectTypeOf(features.examples).toEqualTypeOf<Handle<"Examples">>();
      expectTypeOf(modelValidator).parameter(0).toHaveProperty("baseline").toEqualTypeOf<Handle<"Model"> | undefined>();
      expectTypeOf(lastBlessed()).toEqualTypeOf<Handle<"Model">>();
    }).toBeFunction();
  });
});

describe("code()", () => {
  it("reads the path without running the import", () => {
    expect(code(() => import("./testdata/functions.ts"))).toEqual({
      kind: "code",
      module: expect.stringMatching(/testdata\/functions\.ts$/),
      exportName: undefined,
    });
  });

  it("refuses what is no literal path", () => {
    const path = "./testdata/functions.ts";
    expect(() => code(() => import(path))).toThrow(/literal path/);
  });
});
