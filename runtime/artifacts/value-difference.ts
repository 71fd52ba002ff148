import { readFile, stat } from "node:fs/promises";
import { DatasetFeatureStatisticsList } from "../contracts/tensorflow/metadata/v0/statistics.ts";
import type { Json } from "../model/mod.ts";

/** Larger files are compared by their bytes alone. */
const parsedBytesMax = 8 << 20;

/** Files whose bytes hold values that have names, by the end of the file's name. */
const parsers: readonly (readonly [string, (bytes: Buffer) => Json])[] = [
  [
    "FeatureStats.pb",
    (bytes) => DatasetFeatureStatisticsList.toJSON(DatasetFeatureStatisticsList.decode(bytes)) as Json,
  ],
  [".json", (bytes) => JSON.parse(bytes.toString("utf8")) as Json],
];

/**
 * The first named value in which two files differ, in words: a feature's statistic, a member of a JSON document.
 * Undefined if the files hold no such values, are too large to be parsed, or cannot be.
 */
export async function valueDifference(was: string, is: string): Promise<string | undefined> {
  const parse = parsers.find(([ending]) => was.endsWith(ending))?.[1];
  const sizes = await Promise.all([was, is].map(async (file) => (await stat(file)).size));
  if (parse === undefined || sizes.some((size) => size > parsedBytesMax)) return undefined;
  const values = [parsed(parse, await readFile(was)), parsed(parse, await readFile(is))] as const;
  if (values[0] === undefined || values[1] === undefined) return undefined;
  const found = firstUnequalValue(values[0], values[1], []);
  return found && `${found.path.join(".")} was ${shown(found.was)}, is ${shown(found.is)}`;
}

/** Two values at one place. */
interface UnequalValue {
  readonly path: readonly string[];
  /** Undefined where there is none. */
  readonly was: Json | undefined;
  readonly is: Json | undefined;
}

/** Walks two values together. Members of lists that have a name (features, parts) go by it. */
function firstUnequalValue(
  was: Json | undefined,
  is: Json | undefined,
  path: readonly string[],
): UnequalValue | undefined {
  const [before, after] = [membersOf(was), membersOf(is)];
  if (before === undefined || after === undefined) return Object.is(was, is) ? undefined : { path, was, is };
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const found = firstUnequalValue(before.get(name), after.get(name), [...path, name]);
    if (found) return found;
  }
  return undefined;
}

function membersOf(value: Json | undefined): ReadonlyMap<string, Json> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  return new Map((value as readonly Json[]).map((member, index) => [nameOf(member) ?? String(index), member]));
}

function nameOf(member: Json): string | undefined {
  if (typeof member !== "object" || member === null || Array.isArray(member)) return undefined;
  const { name, path } = member as { readonly name?: Json; readonly path?: { readonly step?: readonly Json[] } };
  if (typeof name === "string" && name !== "") return name;
  return Array.isArray(path?.step) ? path.step.join("/") : undefined;
}

function parsed(parse: (bytes: Buffer) => Json, bytes: Buffer): Json | undefined {
  try {
    return parse(bytes);
  } catch {
    return undefined;
  }
}

function shown(value: Json | undefined): string {
  return value === undefined ? "not there" : JSON.stringify(value);
}
