import { type FieldKind, type FieldType, isMessageType, type MessageJson, type MessageType } from "./message-type.ts";
import { printDouble, printFloat } from "./number-text.ts";
import { quote } from "./quoted.ts";

const indentWidth = 2;

/**
 * Writes a message as protobuf text, as TensorFlow's Python tools do: fields by number, two spaces, one value a line.
 * @param json The message in the generated code's JSON form.
 */
export function printText(type: MessageType, json: MessageJson): string {
  return printFields(type, json, 0)
    .map((line) => `${line}\n`)
    .join("");
}

function printFields(type: MessageType, json: MessageJson, indent: number): string[] {
  return type.fields.flatMap((field) =>
    occurrences(field, json[field.jsonName]).flatMap((value) => printField(field, value, indent)),
  );
}

function occurrences(field: FieldType, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (field.occurrence === "map") return mapEntries(value as MessageJson);
  return field.occurrence === "repeated" ? (value as unknown[]) : [value];
}

function mapEntries(map: MessageJson): readonly MessageJson[] {
  return Object.keys(map)
    .sort()
    .map((key) => ({ key, value: map[key] }));
}

function printField(field: FieldType, value: unknown, indent: number): string[] {
  const margin = " ".repeat(indent);
  if (!isMessageType(field.kind)) return [`${margin}${field.name}: ${printScalar(field.kind, value)}`];
  return [
    `${margin}${field.name} {`,
    ...printFields(field.kind, value as MessageJson, indent + indentWidth),
    `${margin}}`,
  ];
}

function printScalar(kind: Exclude<FieldKind, MessageType>, value: unknown): string {
  switch (kind) {
    case "string":
      return quote(String(value));
    case "float":
      return printFloat(Number(value));
    case "double":
      return printDouble(Number(value));
    default:
      return String(value);
  }
}
