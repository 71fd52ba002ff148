import { Terminal } from "../../model/mod.ts";
import type { AnalyzedGraph, Analyzer, AnalyzerResult } from "../graph.ts";
import type { VocabularySql } from "./expression.ts";
import { nodeColumn } from "./expression.ts";
import { stagedQuery } from "./staged-query.ts";

/** Most values of one vocabulary; they are held in memory here and by every model server. */
const vocabularyValuesMax = 1_000_000;

type VocabularyAnalyzer = Extract<Analyzer, { type: "vocabulary" }>;

/** An analyzer to answer, with its index. */
export interface Asked<A extends Analyzer = Analyzer> {
  readonly index: number;
  readonly analyzer: A;
}

/** Whether an analyzer is answered by counting values rather than by one row of aggregates. */
export function isVocabulary(asked: Asked): asked is Asked<VocabularyAnalyzer> {
  return asked.analyzer.type === "vocabulary";
}

/**
 * One pass that answers all numeric analyzers of a phase: one row, and for each analyzer a column `a<index>` with its
 * numbers as texts, the count of finite values first.
 */
export function numericAnalysis(
  graph: AnalyzedGraph,
  asked: readonly Asked[],
  tables: readonly string[],
  vocabulary: VocabularySql,
): string {
  const inputs = asked.map(({ analyzer }) => analyzer.input);
  const columns = asked.map(({ index, analyzer }) => `${aggregates(analyzer)} AS a${index}`);
  return `SELECT ${columns.join(", ")} FROM (${stagedQuery(graph, inputs, tables, vocabulary)})`;
}

/** SQL array of texts; a float32's text is read back as the same float32. */
function aggregates(analyzer: Analyzer): string {
  const column = nodeColumn(analyzer.input);
  const finite = `if(isFinite(${column}), ${column}, NULL)`;
  return `arrayMap(number -> toString(number), arrayConcat([toFloat32(count(${finite}))], ${statistics(analyzer, finite)}))`;
}

function statistics(analyzer: Analyzer, x: string): string {
  switch (analyzer.type) {
    case "moments":
      return floats([`avg(toFloat64(${x}))`, `varPopStable(toFloat64(${x}))`]);
    case "range":
      return floats([`min(${x})`, `max(${x})`]);
    case "quantiles": {
      const levels = Array.from({ length: analyzer.buckets - 1 }, (_, k) => (k + 1) / analyzer.buckets);
      return levels.length === 0 ? floats([]) : `quantilesExact(${levels.join(", ")})(${x})`;
    }
    case "vocabulary":
      throw new TypeError("Cannot compute a vocabulary as numbers");
  }
}

function floats(expressions: readonly string[]): string {
  return `CAST([${expressions.map((sql) => `ifNull(toFloat32(${sql}), 0)`).join(", ")}], 'Array(Float32)')`;
}

/**
 * Reads what `numericAnalysis` selected.
 * @throws {Terminal} `all-missing`: no finite value; `analysis-overflow`: a result beyond float32.
 */
export function numericResult(
  { analyzer }: Asked,
  texts: readonly string[],
  columns: readonly string[],
): AnalyzerResult {
  const [count, ...numbers] = texts.map((text) => (text === "inf" ? Infinity : Math.fround(Number(text))));
  if (count === 0) throw allMissing(columns, "finite number");
  if (!numbers.every(Number.isFinite)) throw overflow(analyzer, columns);
  const [first = 0, second = 0] = numbers;
  switch (analyzer.type) {
    case "moments":
      return { type: "moments", mean: first, variance: second };
    case "range":
      return { type: "range", min: first, max: second };
    case "quantiles":
      return { type: "quantiles", boundaries: numbers };
    case "vocabulary":
      throw new TypeError("Cannot read a vocabulary as numbers");
  }
}

/** A value of a vocabulary: `place` counts the asked vocabularies from 1, `rank` the values of each. */
export interface VocabularyRow {
  readonly place: number;
  readonly value: string;
}

/**
 * One pass that answers all vocabularies of a phase: rows in order of vocabulary, then of falling frequency, then of
 * falling bytes. One row more than may be is selected, so that too many are noticed.
 */
export function vocabularyAnalysis(
  graph: AnalyzedGraph,
  asked: readonly Asked<VocabularyAnalyzer>[],
  tables: readonly string[],
  vocabulary: VocabularySql,
): string {
  const inputs = asked.map(({ analyzer }) => analyzer.input);
  const tagged = inputs.map((input, place) => `(toUInt32(${place + 1}), ifNull(${nodeColumn(input)}, ''))`);
  const thresholds = asked.map(({ analyzer }) => analyzer.frequencyThreshold).join(", ");
  const limits = asked.map(({ analyzer }) => analyzer.topK ?? vocabularyValuesMax + 1).join(", ");
  return (
    `SELECT tag.1 AS place, tag.2 AS value, count() AS frequency ` +
    `FROM (SELECT arrayJoin([${tagged.join(", ")}]) AS tag FROM (${stagedQuery(graph, inputs, tables, vocabulary)})) ` +
    `WHERE value != '' AND position(value, '\\n') = 0 AND position(value, '\\r') = 0 ` +
    `GROUP BY place, value HAVING frequency >= [${thresholds}][place] ` +
    `QUALIFY row_number() OVER (PARTITION BY place ORDER BY frequency DESC, value DESC) <= [${limits}][place] ` +
    `ORDER BY place, frequency DESC, value DESC`
  );
}

/**
 * Reads what `vocabularyAnalysis` selected for one vocabulary.
 * @throws {Terminal} `all-missing`: no value is left; `vocabulary-too-large`.
 */
export function vocabularyResult(
  { analyzer }: Asked<VocabularyAnalyzer>,
  values: string[],
  columns: readonly string[],
) {
  if (values.length === 0) {
    const threshold = analyzer.frequencyThreshold > 1 ? ` that occurs ${analyzer.frequencyThreshold} times` : "";
    throw allMissing(columns, `text${threshold}`);
  }
  if (values.length > vocabularyValuesMax) {
    throw new Terminal(
      "vocabulary-too-large",
      `Cannot make a vocabulary of ${named(columns)} as it must have at most ${vocabularyValuesMax} values: it has more; ` +
        "give topK or frequencyThreshold, or use hashBuckets",
      { field: columns.join(", ") },
    );
  }
  return { type: "vocabulary", values } as const;
}

function allMissing(columns: readonly string[], required: string): Terminal {
  return new Terminal(
    "all-missing",
    `Cannot analyze ${named(columns)} as the analyzed splits must have at least one ${required}: they have none`,
    { field: columns.join(", ") },
  );
}

function overflow(analyzer: Analyzer, columns: readonly string[]): Terminal {
  return new Terminal(
    "analysis-overflow",
    `Cannot analyze ${named(columns)} as its ${analyzer.type} must be within float32: they are beyond; ` +
      "scale it down first, by div or log1p",
    { field: columns.join(", ") },
  );
}

function named(columns: readonly string[]): string {
  return `column ${columns.map((column) => `"${column}"`).join(", ")}`;
}
