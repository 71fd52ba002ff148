import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Schema } from "../../contracts/tensorflow/metadata/v0/schema.ts";
import { Terminal } from "../../model/mod.ts";
import type { MessageJson } from "../text-format/message-type.ts";
import { parseText } from "../text-format/parse.ts";
import { printText } from "../text-format/print.ts";
import { schemaType } from "../text-format/schema-type.ts";

const fileName = "schema.pbtxt";

/**
 * Reads the schema of a Schema artifact, written by us, by TFX or by hand.
 * @param path The artifact's directory.
 * @throws {Terminal} `no-schema`: there is no schema.pbtxt; `malformed-text-proto`, with line and column.
 */
export async function readSchema(path: string): Promise<Schema> {
  const file = join(path, fileName);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Terminal("no-schema", `Cannot read ${file}: a Schema artifact must have it`, { file, cause });
  });
  return Schema.fromJSON(parseText(schemaType, text, file));
}

/** Writes a schema as protobuf text: `schema.pbtxt`. */
export async function writeSchema(path: string, schema: Schema): Promise<void> {
  await writeFile(join(path, fileName), printText(schemaType, Schema.toJSON(schema) as MessageJson));
}
