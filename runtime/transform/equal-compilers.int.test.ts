import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../engine/mod.ts";
import { openEngine } from "../engine/mod.ts";
import { MillraceError } from "../model/mod.ts";
import { analyze } from "./pass/analysis.ts";
import { applyTransform } from "./evaluation/apply.ts";
import type { Preprocessing } from "./feature.ts";
import type { AnalyzedGraph, TracedGraph } from "./graph.ts";
import { buckets } from "./ops/mod.ts";
import { materialization } from "./sql/materialization.ts";
import { arbitraryPreprocessing } from "./testing/arbitrary-preprocessing.ts";
import { bitsOf, selectBits } from "./testing/bits.ts";
import { arbitraryRow, rawColumns, tableOf, type RawRow } from "./testing/raw-row.ts";
import { trace } from "./trace.ts";
import { transformGraph } from "./transform-graph.ts";
import { vocabularyAssets } from "./pass/vocabulary-asset.ts";

const runs = 150;

describe("SQL and evaluation", () => {
  let engine: Engine;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-transform-test-"));
    engine = await openEngine({ dataDir: folder });
  });
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it("give the same bits for any graph over any rows", async () => {
    const rows = fc.array(arbitraryRow, { minLength: 1, maxLength: 12 });
    await fc.assert(fc.asyncProperty(arbitraryPreprocessing, rows, rows, expectEqual), { numRuns: runs });
  });

  it("put numbers into the same buckets where boundaries are fractions and great integers", async () => {
    const values = [-2, -1.5, 6795781, 7982063575629824];
    const rows = values.map((other) => ({ real: 0, other, whole: 0, text: "", label: "" }));
    await expectEqual((t) => ({ bucket: buckets(t.other, 4) }), rows, []);
  });

  async function expectEqual(
    preprocessing: Preprocessing<RawRow>,
    analyzed: readonly RawRow[],
    others: readonly RawRow[],
  ): Promise<void> {
    const outcome = trace(rawColumns, preprocessing);
    if (!("graph" in outcome)) throw new Error(outcome.problem.message);
    const graph = await analyzeOrDiscard(outcome.graph, analyzed);
    const all = [...analyzed, ...others];
    expect(evaluated(graph, all)).toEqual(await materialized(graph, all));
  }

  /** Columns without a value to analyze, and numbers beyond float32, are errors, tested elsewhere. */
  async function analyzeOrDiscard(graph: TracedGraph, rows: readonly RawRow[]): Promise<AnalyzedGraph> {
    try {
      return await analyze(engine, graph, [tableOf(rows)], join(folder, "assets"));
    } catch (error) {
      fc.pre(!(error instanceof MillraceError && ["all-missing", "analysis-overflow"].includes(error.code)));
      throw error;
    }
  }

  async function materialized(graph: AnalyzedGraph, rows: readonly RawRow[]) {
    const { sql } = vocabularyAssets(engine, graph, join(folder, "assets"));
    return engine.query(selectBits(transformGraph(graph), materialization(graph, tableOf(rows), sql)));
  }
});

function evaluated(graph: AnalyzedGraph, rows: readonly RawRow[]) {
  const batch = Object.fromEntries(
    rawColumns.map(({ name }) => [name, rows.map((row) => row[name as keyof RawRow])] as const),
  );
  return bitsOf(applyTransform(transformGraph(graph), batch));
}
