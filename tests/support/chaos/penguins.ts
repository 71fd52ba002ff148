import { standardServiceNames, standardServices } from "@millrace/local";
import { Workplace } from "../workplace.ts";
import type { Setting } from "./chaos.ts";

const nodes = [
  "csvExampleGen",
  "statisticsGen",
  "schemaGen",
  "exampleValidator",
  "transform",
  "trainer",
  "evaluator",
  "modelValidator",
  "pusher",
] as const;

/** Every node always runs, and is tried again however often it is killed. */
const options = "cache: false, attemptsMax: 1_000,";
const names = ["adelie", "chinstrap", "gentoo", "emperor"] as const;

/**
 * The penguins' pipeline on its real services, two replicas of each. Under several names, so that several models are
 * blessed and pushed while processes are killed; all on the same data, so that all must come to the same.
 */
export function penguinsSetting(): Setting & AsyncDisposable {
  const work = new Workplace();
  for (const name of names)
    work.copyExample("penguins", name, {
      "pipeline.ts": [
        ['pipeline("penguins", { on: dataset("penguins")', `pipeline("${name}", { on: dataset("${name}")`],
        ["serving/penguins", `serving/${name}`],
        ["epochs: 30", "epochs: 5"],
        ["accuracy: { min: 0.9 }", "accuracy: { min: 0.1 }"],
        ...nodes.map((node): [string, string] => [`${node}({`, `${node}({ ${options}`]),
      ],
    });
  return {
    work,
    services: standardServices(Object.fromEntries(standardServiceNames.map((name) => [name, 2]))),
    pipelines: names.map((name) => `${name}/pipeline.ts`),
    lanes: names.map((name) => ({ pipeline: name, dataset: name, file: work.path(name, "penguins.csv") })),
    ackWaitMs: 2_000,
    gapMax: 8,
    atOnce: 4,
    patienceMs: 1_200_000,
    [Symbol.asyncDispose]: () => work[Symbol.asyncDispose](),
  };
}
