import { describe, expect, it } from "vitest";
import { parseSubject, subjectsOf } from "./subject.ts";

const subjects = subjectsOf("mr");

describe("parseSubject()", () => {
  it.each([
    [subjects.dataset("d"), { kind: "dataset", dataset: "d" }],
    [subjects.pipeline("p"), { kind: "pipeline", pipeline: "p" }],
    [subjects.started("p", "r"), { kind: "started", pipeline: "p", run: "r" }],
    [subjects.journal("p", "r", "c", "n"), { kind: "journal", pipeline: "p", run: "r", component: "c", node: "n" }],
    [subjects.cache("c", "k"), { kind: "cache", component: "c", key: "k" }],
  ])("reads %s", (subject, parsed) => {
    expect(parseSubject(subject)).toEqual(parsed);
  });

  it.each([
    "mr",
    "mr.nothing",
    "mr.dataset.d.e",
    "mr.run.p.r.c.n.journal.more",
    "mr.run.p.r.c.n.diary",
    "mr.dataset.größe",
    "mr.dataset.a/b",
    `mr.dataset.${"x".repeat(65)}`,
    "mr.run.p.r.c.n.artifact.T..",
    "mr.run.p.\u001b[2J.c.n.journal",
  ])("knows nothing of %j, which a stranger may publish on", (subject) => {
    expect(parseSubject(subject)).toEqual({ kind: "unknown" });
  });
});
