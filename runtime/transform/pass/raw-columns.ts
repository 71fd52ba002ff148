import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Feature as SchemaFeature,
  FeatureType,
  featureTypeToJSON,
  LifecycleStage,
  Schema,
} from "../../contracts/tensorflow/metadata/v0/schema.ts";
import { parseText, schemaType } from "../../data-validation/mod.ts";
import type { FeatureColumn } from "../../engine/mod.ts";
import { Terminal } from "../../model/mod.ts";
import type { RawColumn } from "../column.ts";

const kinds = { int: "int", float: "float", bytes: "string" } as const;
const schemaTypes = { int: "INT", float: "FLOAT", bytes: "BYTES" } as const;

/**
 * The columns that `preprocessing` may use: those of the examples that the schema has and doesn't deprecate.
 * @param schemaPath Directory of the Schema artifact.
 * @throws {Terminal} `schema-mismatch` naming the column: another type there than in the examples.
 */
export function rawColumns(columns: readonly FeatureColumn[], schemaPath: string): RawColumn[] {
  const features = readFeatures(join(schemaPath, "schema.pbtxt"));
  return columns.flatMap((column) => {
    const feature = features.get(column.name);
    if (feature === undefined || feature.lifecycleStage === LifecycleStage.DEPRECATED) return [];
    checkType(column, feature);
    return [{ name: column.name, kind: kinds[column.kind], ...(column.repeated ? { repeated: true } : {}) }];
  });
}

function readFeatures(file: string): ReadonlyMap<string | undefined, SchemaFeature> {
  const schema = Schema.fromJSON(parseText(schemaType, readFileSync(file, "utf8"), file));
  return new Map(schema.feature.map((feature) => [feature.name, feature]));
}

function checkType({ name, kind }: FeatureColumn, { type = FeatureType.TYPE_UNKNOWN }: SchemaFeature): void {
  if (type === FeatureType.TYPE_UNKNOWN || type === FeatureType[schemaTypes[kind]]) return;
  throw new Terminal(
    "schema-mismatch",
    `Cannot transform column "${name}" as it must be ${featureTypeToJSON(type)}, as in the schema: in the examples ` +
      `it is ${schemaTypes[kind]}; see ExampleValidator's anomalies`,
    { field: name },
  );
}
