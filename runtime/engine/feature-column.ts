import { Terminal } from "../model/mod.ts";
import type { Engine } from "./engine.ts";
import { identifier } from "./sql.ts";

/** Kind of a feature's values, as tf.Example has them: int64, float32, bytes. */
export type FeatureKind = "int" | "float" | "bytes";

/** A column of Examples. Nullable(Int64 | Float32 | String), or Array(…) if `repeated`. */
export interface FeatureColumn {
  readonly name: string;
  readonly kind: FeatureKind;
  readonly repeated: boolean;
}

const engineTypes: Readonly<Record<FeatureKind, string>> = { int: "Int64", float: "Float32", bytes: "String" };

/** The engine's type of a column: `Nullable(Int64)`, `Array(String)`. */
export function columnType(column: Pick<FeatureColumn, "kind" | "repeated">): string {
  const type = engineTypes[column.kind];
  return column.repeated ? `Array(${type})` : `Nullable(${type})`;
}

/** Column definitions for a table or a file: "`island` Nullable(String), …". */
export function columnStructure(columns: readonly FeatureColumn[]): string {
  return columns.map((column) => `${identifier(column.name)} ${columnType(column)}`).join(", ");
}

/**
 * The feature columns of a table expression, from the types the engine sees in it.
 * @throws {Terminal} `unsupported-column`: a type that no feature can hold, for example a date.
 */
export async function describeColumns(engine: Engine, table: string): Promise<FeatureColumn[]> {
  const described = await engine.query<{ name: string; type: string }>(`DESCRIBE TABLE ${table}`);
  return described.map(({ name, type }) => toColumn(name, type));
}

function toColumn(name: string, type: string): FeatureColumn {
  const inner = /^Array\((.*)\)$/.exec(type)?.[1];
  const kind = kindOf(bare(inner ?? type));
  if (kind === undefined) {
    throw new Terminal(
      "unsupported-column",
      `Cannot read column ${JSON.stringify(name)} as a feature: its type must hold integers, floats or strings, ` +
        `or arrays of them: it is ${type}`,
      { field: name },
    );
  }
  return { name, kind, repeated: inner !== undefined };
}

function bare(type: string): string {
  return /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(type)?.[1] ?? type;
}

function kindOf(type: string): FeatureKind | undefined {
  const plain = bare(type);
  if (/^(?:U?Int(?:8|16|32)|Int64|Bool)$/.test(plain)) return "int";
  if (/^(?:Float32|Float64|BFloat16)$/.test(plain)) return "float";
  if (/^(?:String|FixedString\(\d+\)|Enum(?:8|16)\(.*\))$/.test(plain)) return "bytes";
  return undefined;
}
