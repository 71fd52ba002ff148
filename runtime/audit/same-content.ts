import { canonicalJson } from "../model/mod.ts";

/** Whether two messages say the same, but for fields of a later version. */
export function isSameContent(a: unknown, b: unknown): boolean {
  return contentText(a) === contentText(b);
}

/** One text for equal content. */
function contentText(value: unknown): string {
  return canonicalJson(known(value));
}

/** Whether a message holds a field, at any depth, that this version does not know. */
export function hasUnknownFields(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknownFields);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return Object.entries(value).some(([key, member]) =>
    key === unknownFields ? Object.keys(member ?? {}).length > 0 : hasUnknownFields(member),
  );
}

const unknownFields = "_unknownFields";

function known(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, member]) => member !== undefined && key !== unknownFields)
      .map(([key, member]) => [key, known(member)]),
  );
}
