import { writeFileSync } from "node:fs";
import { standardServices } from "@millrace/local";
import { Workplace } from "../workplace.ts";
import type { Setting } from "./chaos.ts";

const own = ["sieve", "grind", "bake"] as const;
const standard = { ingest: 2, pusher: 2 } as const;
const files = ["rye", "oats", "spelt"] as const;

/** Light components of the tests' own and the real pusher, two replicas of each: what a run costs is the protocol. */
export function millSetting(): Setting & AsyncDisposable {
  const work = new Workplace();
  work.copyFixture("mill", "mill");
  for (const name of files) writeFileSync(work.path(`${name}.csv`), `grain\n${name}\n`);
  const services = [
    ...standardServices(standard).filter(({ name }) => name in standard),
    ...own.map((name) => ({ name, main: work.path("mill", name, "main.ts"), replicas: 2 })),
  ];
  return {
    work,
    services,
    pipelines: ["mill/pipeline.ts"],
    lanes: files.map((name) => ({ pipeline: "mill", dataset: "mill", file: work.path(`${name}.csv`) })),
    ackWaitMs: 1_000,
    gapMax: 4,
    atOnce: 3,
    patienceMs: 120_000,
    [Symbol.asyncDispose]: () => work[Symbol.asyncDispose](),
  };
}
