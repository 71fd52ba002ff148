import { type FieldType, isMessageType, type MessageJson, type MessageType } from "./message-type.ts";
import { accept, type Cursor, next, peek } from "./cursor.ts";
import { parseScalar } from "./scalar.ts";
import { malformed, type Token, tokenize } from "./tokens.ts";

/** Deepest nesting of messages, against stack overflow by hostile files. Source: protobuf's recursion limit. */
const depthMax = 100;

/**
 * Reads protobuf text into the generated code's JSON form, for `fromJSON` of the message.
 * @param file Name for errors.
 * @throws {Terminal} `malformed-text-proto`, with line and column: a syntax error, an unknown field, a value of the
 * wrong kind, or a single field given twice.
 */
export function parseText(type: MessageType, text: string, file: string): MessageJson {
  const cursor = { tokens: tokenize(text, file), position: 0, file };
  return parseFields(cursor, type, undefined, 0);
}

function parseFields(cursor: Cursor, type: MessageType, close: string | undefined, depth: number): MessageJson {
  if (depth > depthMax) throw malformed(cursor.file, peek(cursor), `messages are nested more than ${depthMax} deep`);
  const json: Record<string, unknown> = {};
  for (;;) {
    const token = next(cursor);
    if (token.kind === "symbol" && token.text === close) return json;
    if (token.kind === "end" && close === undefined) return json;
    parseField(cursor, fieldNamed(cursor, type, token), token, json, depth);
    accept(cursor, ",", ";");
  }
}

function fieldNamed(cursor: Cursor, type: MessageType, token: Token): FieldType {
  if (token.kind !== "word") {
    throw malformed(cursor.file, token, `expected a field of ${type.name}, found ${JSON.stringify(token.text)}`);
  }
  const field = type.fields.find(({ name }) => name === token.text);
  if (field !== undefined) return field;
  const known = type.fields.map(({ name }) => name).join(", ");
  throw malformed(cursor.file, token, `${type.name} has no field "${token.text}"; it has ${known}`);
}

function parseField(
  cursor: Cursor,
  field: FieldType,
  token: Token,
  json: Record<string, unknown>,
  depth: number,
): void {
  const values = parseValues(cursor, field, depth);
  if (field.occurrence === "map") {
    const entries = values as readonly { key?: string; value?: unknown }[];
    const added = Object.fromEntries(entries.map((entry) => [entry.key ?? "", entry.value ?? {}]));
    json[field.jsonName] = { ...(json[field.jsonName] as MessageJson | undefined), ...added };
  } else if (field.occurrence === "repeated") {
    json[field.jsonName] = [...((json[field.jsonName] as unknown[] | undefined) ?? []), ...values];
  } else if (field.jsonName in json || values.length !== 1) {
    throw malformed(cursor.file, token, `field "${field.name}" must be given once, and is given more often`);
  } else {
    json[field.jsonName] = values[0];
  }
}

function parseValues(cursor: Cursor, field: FieldType, depth: number): readonly unknown[] {
  const colon = accept(cursor, ":");
  if (colon === undefined && !isMessageType(field.kind)) {
    throw malformed(cursor.file, peek(cursor), `expected ":" after "${field.name}"`);
  }
  if (accept(cursor, "[") === undefined) return [parseValue(cursor, field, depth)];
  const values: unknown[] = [];
  if (accept(cursor, "]") !== undefined) return values;
  do values.push(parseValue(cursor, field, depth));
  while (accept(cursor, ",") !== undefined);
  if (accept(cursor, "]") === undefined) throw malformed(cursor.file, peek(cursor), `expected "]" or ","`);
  return values;
}

function parseValue(cursor: Cursor, field: FieldType, depth: number): unknown {
  if (!isMessageType(field.kind)) return parseScalar(cursor, field.name, field.kind);
  const open = accept(cursor, "{", "<");
  if (open === undefined) throw malformed(cursor.file, peek(cursor), `expected "{" after "${field.name}"`);
  return parseFields(cursor, field.kind, open === "{" ? "}" : ">", depth + 1);
}
