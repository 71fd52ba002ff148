import { readFileSync } from "node:fs";
import { compile, csvExampleGen, dataset, pipeline, schemaGen, statisticsGen } from "millrace/pipeline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowFilter } from "../examples/custom-component/row-filter/component.ts";
import { Workplace } from "./support/workplace.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

const standard = ["statistics", "schema", "anomalies", "features", "model", "evaluation", "blessing", "pushed"];

describe("a component of the project's own", () => {
  let work: Workplace;
  beforeAll(async () => {
    work = new Workplace();
    work.copyExample("custom-component", ".");
    work.copyExample("penguins", "data");
    const up = await work.millrace("up");
    expect(up.stderr).toContain("Registered version 1 of pipeline measured");
    expect(up.status).toBe(0);
  });
  afterAll(() => work[Symbol.asyncDispose]());

  it("runs as its own service, and the nine go on from what it made", async () => {
    expect(work.stack().services.map(({ name }) => name)).toContain("row-filter");
    const view = await work.runOn("penguins", "data/penguins.csv");
    expect(view.state).toBe("succeeded");
    const [all, filter, ...rest] = view.nodes;
    expect(filter).toMatchObject({
      node: "examples",
      component: "row-filter",
      state: "succeeded",
      inputs: [{ name: "examples", type: "Examples", fromNode: "all" }],
      outputs: [{ name: "kept", type: "Examples" }],
    });
    expect(all?.outputs[0]?.properties["rows"]).toBe('[["train",236],["eval",108]]');
    expect(filter?.outputs[0]?.properties["rows"]).toBe('[["train",234],["eval",108]]');
    expect(filter?.note).toBe("kept 234 rows of train, 108 rows of eval");
    expect(rest.map(({ node, state }) => `${node} ${state}`)).toEqual(standard.map((node) => `${node} succeeded`));
    const kept = filter?.outputs[0]?.digest;
    const taken = rest.flatMap(({ inputs }) =>
      inputs.filter(({ type, fromNode }) => `${type} ${fromNode}` === "Examples examples"),
    );
    expect(taken.map(({ digest }) => digest)).toEqual(Array(4).fill(kept));
    expect(view.pushed).not.toBeNull();
  });

  it("is reused from the cache as the nine are", async () => {
    const view = await work.runOn("penguins", "data/penguins.csv");
    expect(view.nodes.map(({ cached }) => cached)).toEqual(view.nodes.map(() => true));
  });

  it("fails its node with the engine's words when the condition names no column", async () => {
    const where: readonly [string, string] = ["body_mass_g IS NOT NULL", "wingspan_mm > 400"];
    work.copyExample("custom-component", ".", { "pipeline.ts": [where] });
    await work.json("pipeline", "register", "pipeline.ts");
    const view = await work.runOn("penguins", "data/penguins.csv");
    expect(view.state).toBe("failed");
    expect(view.nodes[1]).toMatchObject({ node: "examples", state: "failed" });
    expect(view.reason).toContain("wingspan_mm");
  });
});

describe("its place in a pipeline", () => {
  it("is typed: where a Schema is made from statistics, Examples are refused, when types are checked or else at registration", () => {
    const wired = pipeline("wrong", { on: dataset("penguins") }, ({ source }) => {
      const examples = rowFilter({ examples: csvExampleGen({ source }), where: "true" });
      statisticsGen({ examples });
      // @ts-expect-error -- a schema is inferred from statistics.
      return { schema: schemaGen({ statistics: examples }) };
    });
    expect(() => compile(wired, { bundleOf: () => "" })).toThrow(
      'input "statistics" wants ExampleStatistics, but gets Examples',
    );
  });
});

describe("docs/custom-component.md", () => {
  const doc = read("docs/custom-component.md");
  const files = ["row-filter/component.ts", "row-filter/main.ts"];
  const sources = files.map((file) => read(`examples/custom-component/${file}`));

  it.each(files)("shows %s as it is", (file) => {
    expect(doc).toContain(`\`${file}\``);
    expect(doc).toContain(`\`\`\`ts\n${sources[files.indexOf(file)]}\`\`\``);
  });

  it("needs less than 40 lines for it", () => {
    expect(sources.join("").trimEnd().split("\n").length).toBeLessThan(40);
  });
});
