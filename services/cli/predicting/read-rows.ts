import { text } from "node:stream/consumers";
import * as v from "valibot";
import { WrongUse } from "../wrong-use.ts";
import type { RawRow } from "./model-server.ts";

const rowSchema = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]));
const rowsSchema = v.union([
  v.array(rowSchema),
  v.pipe(
    rowSchema,
    v.transform((row) => [row]),
  ),
]);

/**
 * Rows given as JSON: objects or arrays of objects, on the command line or, with none there, on stdin.
 * @throws {WrongUse} it is no such JSON.
 */
export async function readRows(given: readonly string[], stdin: NodeJS.ReadStream): Promise<readonly RawRow[]> {
  const texts = given.length > 0 ? given : [await text(stdin)];
  return texts.flatMap(parseRows);
}

function parseRows(json: string): readonly RawRow[] {
  try {
    const parsed = v.safeParse(rowsSchema, JSON.parse(json));
    if (parsed.success) return parsed.output;
    throw new WrongUse(`Cannot read a row: it must be an object of numbers, texts and nulls: ${json}`);
  } catch (error) {
    if (error instanceof WrongUse) throw error;
    throw new WrongUse(`Cannot read a row as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
