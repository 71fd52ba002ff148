import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeExample, type FeatureValues } from "../tensorflow/example/mod.ts";
import { type Engine, openEngine, withSerializedExample } from "./mod.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
});

const columns = [
  { name: "b", column: "c1", kind: "int", repeated: false },
  { name: "a 'quoted'", column: "c2", kind: "float", repeated: false },
  { name: "10", column: "c3", kind: "bytes", repeated: false },
  { name: "2", column: "c4", kind: "int", repeated: true },
  { name: "é", column: "c5", kind: "bytes", repeated: true },
  { name: "z", column: "c6", kind: "none", repeated: false },
] as const;

const rows: [string, Map<string, FeatureValues>][] = [
  [
    "-1, 0.1, 'text\\0\\xff', [0, 127, 128, 9223372036854775807], ['', repeat('x', 20000)], NULL",
    example(
      [-1n],
      [0.1],
      [Buffer.from("text\0\xff", "latin1")],
      [0n, 127n, 128n, 2n ** 63n - 1n],
      ["", "x".repeat(20_000)].map((t) => Buffer.from(t)),
    ),
  ],
  ["NULL, NULL, NULL, [], [], NULL", example([], [], [], [], [])],
  ["300, 256, '', [1], ['é'], NULL", example([300n], [256], [Buffer.from("")], [1n], [Buffer.from("é")])],
];

function example(b: bigint[], a: number[], ten: Buffer[], two: bigint[], e: Buffer[]): Map<string, FeatureValues> {
  return new Map<string, FeatureValues>([
    ["b", { kind: "int", values: b }],
    ["a 'quoted'", { kind: "float", values: a }],
    ["10", { kind: "bytes", values: ten }],
    ["2", { kind: "int", values: two }],
    ["é", { kind: "bytes", values: e }],
    ["z", { kind: "none" }],
  ]);
}

it.each(rows)("the engine serialises %s as protobuf does", async (values, expected) => {
  const types = [
    "Nullable(Int64)",
    "Nullable(Float32)",
    "Nullable(String)",
    "Array(Int64)",
    "Array(String)",
    "Nullable(String)",
  ];
  const structure = columns.map((column, index) => `${column.column} ${types[index]}`).join(", ");
  const table = `VALUES('${structure}', (${values}))`;
  const [row] = await engine.query<{ hex: string }>(
    `SELECT hex(example) AS hex FROM (${withSerializedExample(table, columns, [])})`,
  );
  expect(row?.hex).toBe(Buffer.from(encodeExample(expected)).toString("hex").toUpperCase());
});
