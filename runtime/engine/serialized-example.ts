import type { FeatureKind } from "./feature-column.ts";
import { identifier, literal } from "./sql.ts";

/** A column of rows to serialise: its values a Nullable or an Array; `none` if no kind was ever seen in it. */
export interface SerializedColumn {
  /** The feature's name. */
  readonly name: string;
  /** The table's column that holds it; not named as the stages name theirs: `c1`, `c2`, …. */
  readonly column: string;
  readonly kind: FeatureKind | "none";
  readonly repeated: boolean;
}

export interface SerializedExampleOptions {
  /**
   * What a row without a value has: an empty list of the column's kind (as TFX reads CSV, the default), or a feature
   * of no kind (as TFX reads Parquet).
   */
  readonly missing?: "empty-list" | "no-kind";
}

/** Bytes of protobuf tags, by what they start. All are length-delimited. */
const tags = { field1: "\\n", field2: "\\x12", bytesList: "\\n", floatList: "\\x12", int64List: "\\x1a" };

const groups = [
  { kind: "int", type: "UInt64", list: tags.int64List, payload: packedInts },
  { kind: "float", type: "Float32", list: tags.floatList, payload: packedFloats },
  { kind: "bytes", type: "String", list: tags.bytesList, payload: repeatedBytes },
] as const;

/**
 * Query that adds to each row of a table the tf.Example of its columns, in protobuf's deterministic form (features
 * by name, bytewise), as String column `example`. Computed by the engine alone, in stages that go over arrays of
 * columns: one expression a column, nested, passes the engine's limit on query trees.
 *
 * @param keep Columns of the table that the result has besides.
 * Source: TFX's partition key, `example.SerializeToString(deterministic=True)`.
 */
export function withSerializedExample(
  table: string,
  columns: readonly SerializedColumn[],
  keep: readonly string[],
  options: SerializedExampleOptions = {},
): string {
  const kept = keep.map((name) => `${identifier(name)}, `).join("");
  const inGroups = groups.map((group) => columns.filter((column) => column.kind === group.kind));
  const values = groups.map((group, index) => valuesOf(group, inGroups[index] ?? []));
  const features = groups.map((group) => featuresOf(group, options.missing ?? "empty-list"));
  const none = columns.filter((column) => column.kind === "none");
  const stored = [...inGroups.flat(), ...none];
  const order = stored.map((_, index) => index).sort((a, b) => compareNames(stored[a], stored[b]));
  const names = order.map((index) => literal(stored[index]?.name ?? "")).join(", ");
  const positions = order.map((index) => index + 1).join(", ");
  return [
    `SELECT ${kept}concat('${tags.field1}', ${prefixed("features")}) AS example FROM (`,
    `SELECT ${kept}arrayStringConcat(arrayMap(entry -> concat('${tags.field1}', ${prefixed("entry")}), entries)) AS features FROM (`,
    `SELECT ${kept}arrayMap((name, position) -> ${entryOf("name", "all[position]")}, [${names}], [${positions}]) AS entries FROM (`,
    `SELECT ${kept}arrayConcat(${features.join(", ")}, arrayWithConstant(${none.length}, '')) AS all FROM (`,
    `SELECT ${kept}${values.join(", ")} FROM ${table}))))`,
  ].join("\n");
}

type Group = (typeof groups)[number];

/** All columns of one kind as an array of arrays of values. */
function valuesOf(group: Group, columns: readonly SerializedColumn[]): string {
  const arrays = columns.map((column) => {
    const held = identifier(column.column);
    const list = column.repeated ? held : `if(isNull(${held}), [], [assumeNotNull(${held})])`;
    return group.kind === "int" ? `arrayMap(v -> reinterpretAsUInt64(toInt64(v)), ${list})` : list;
  });
  return `CAST([${arrays.join(", ")}], 'Array(Array(${group.type}))') AS ${group.kind}_values`;
}

/** Each column's Feature message. */
function featuresOf(group: Group, missing: "empty-list" | "no-kind"): string {
  const empty = missing === "no-kind" ? "''" : `'${group.list}\\0'`;
  const payloads = `arrayMap(v -> ${group.payload("v")}, ${group.kind}_values)`;
  return `arrayMap(p -> if(p = '', ${empty}, concat('${group.list}', ${prefixed("p")})), ${payloads})`;
}

function packedInts(values: string): string {
  return packed(`arrayStringConcat(arrayMap(i -> ${varint("i", 10)}, ${values}))`);
}

function packedFloats(values: string): string {
  // A FixedString keeps its trailing zero bytes in concat, and only there.
  return packed(`arrayStringConcat(arrayMap(f -> concat('', reinterpret(f, 'FixedString(4)')), ${values}))`);
}

function repeatedBytes(values: string): string {
  return `arrayStringConcat(arrayMap(b -> concat('${tags.field1}', ${prefixed("b")}), ${values}))`;
}

/** A packed field 1; nothing for no values. The array of one binds the payload, so that it is written once. */
function packed(payload: string): string {
  return `arrayMap(q -> if(q = '', '', concat('${tags.field1}', ${prefixed("q")})), [${payload}])[1]`;
}

/** A map's entry: its key, then its value, both always written. */
function entryOf(name: string, feature: string): string {
  const parts = `concat('${tags.field1}', ${prefixed("n")}, '${tags.field2}', ${prefixed("f")})`;
  return `arrayMap((n, f) -> ${parts}, [${name}], [${feature}])[1]`;
}

/** A variable's bytes with their length before them. */
function prefixed(variable: string): string {
  return `${varint(`length(${variable})`, 5)}, ${variable}`;
}

/**
 * A base-128 number of at most so many bytes: all of them written, then cut to those that count. Without branches,
 * since the engine would compute every branch. The argument is repeated, so it must be short.
 */
function varint(value: string, bytesMax: number): string {
  const follows = Array.from({ length: bytesMax - 1 }, (_, index) => `(${value} >= ${2n ** BigInt(7 * (index + 1))})`);
  const bytes = Array.from({ length: bytesMax }, (_, index) => {
    const digit = `bitAnd(bitShiftRight(${value}, ${7 * index}), 127)`;
    return index === bytesMax - 1 ? digit : `${digit} + 128 * ${follows[index]}`;
  });
  return `substring(char(${bytes.join(", ")}), 1, 1 + ${follows.join(" + ")})`;
}

function compareNames(a: SerializedColumn | undefined, b: SerializedColumn | undefined): number {
  return Buffer.compare(Buffer.from(a?.name ?? ""), Buffer.from(b?.name ?? ""));
}
