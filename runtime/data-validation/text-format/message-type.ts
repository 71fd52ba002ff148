/** Values of an enum by name, as the generated code has them. */
export type EnumValues = Readonly<Record<string, number>>;

/** What a field holds; a message type stands for its messages. */
export type FieldKind =
  | "string"
  | "bool"
  | "integer"
  | "float"
  | "double"
  | { readonly values: EnumValues }
  | MessageType;

/** How often a field may occur; a map is written as repeated entries of key and value. */
export type FieldOccurrence = "single" | "repeated" | "map";

/** A field as the text format and the generated code's JSON form know it. */
export interface FieldType {
  /** Name in the .proto file, which text files use. */
  readonly name: string;
  /** Name in the generated code's JSON form. */
  readonly jsonName: string;
  readonly kind: FieldKind;
  readonly occurrence: FieldOccurrence;
}

/** A message: its fields in ascending order of their numbers, which is the order that text is written in. */
export interface MessageType {
  readonly name: string;
  readonly fields: readonly FieldType[];
}

/** The generated code's JSON form of a message: 64-bit integers as strings, enums by name, defaults left out. */
export type MessageJson = { readonly [jsonName: string]: unknown };

/** Declares a message from (name, kind, occurrence) triples in ascending order of field numbers. */
export function messageType(
  name: string,
  fields: readonly (readonly [name: string, kind: FieldKind, occurrence?: FieldOccurrence])[],
): MessageType {
  return {
    name,
    fields: fields.map(([field, kind, occurrence]) => ({
      name: field,
      jsonName: camelCase(field),
      kind,
      occurrence: occurrence ?? "single",
    })),
  };
}

/** Whether a field holds messages. */
export function isMessageType(kind: FieldKind): kind is MessageType {
  return typeof kind === "object" && "fields" in kind;
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
