import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Terminal } from "../../model/mod.ts";

const splitDirectory = /^Split-(.+)$/;

/**
 * Names of an artifact's splits.
 * @param path The artifact's directory, with one `Split-<name>` for each.
 * @param order Their order, as the artifact's `split_names` property says it; by name where it doesn't.
 */
export function splitsIn(path: string, order?: readonly string[]): readonly string[] {
  if (order !== undefined) return order;
  return readdirSync(path)
    .flatMap((name) => splitDirectory.exec(name)?.[1] ?? [])
    .sort();
}

/**
 * Splits that a component works on.
 * @param excluded Value of its parameter `excludeSplits`.
 * @throws {Terminal} `no-such-split`: a split to be excluded is none; `no-splits`: none is left.
 */
export function includedSplits(splits: readonly string[], excluded: readonly string[]): readonly string[] {
  const field = "excludeSplits";
  const listed = splits.map((split) => JSON.stringify(split)).join(", ");
  const unknown = excluded.find((split) => !splits.includes(split));
  if (unknown !== undefined) {
    throw new Terminal("no-such-split", `Cannot exclude split ${JSON.stringify(unknown)}: the splits are ${listed}`, {
      field,
    });
  }
  const included = splits.filter((split) => !excluded.includes(split));
  if (included.length > 0) return included;
  throw new Terminal("no-splits", `Cannot exclude every split: at least one of ${listed || "none"} must be left`, {
    field,
  });
}

/** Writes a message as a split's file; the same message gives the same bytes. */
export async function writeSplitFile(path: string, split: string, file: string, bytes: Uint8Array): Promise<void> {
  const target = join(path, `Split-${split}`, file);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
}

/**
 * Reads a split's file.
 * @param decode Decoder of its message.
 * @throws {Terminal} `no-such-split`: the artifact has no such file; `malformed-file`: it is no such message.
 */
export async function readSplitFile<Message>(
  path: string,
  split: string,
  file: string,
  decode: (bytes: Uint8Array) => Message,
): Promise<Message> {
  const source = join(path, `Split-${split}`, file);
  if (!existsSync(source)) {
    const has = splitsIn(path).map((name) => JSON.stringify(name));
    throw new Terminal(
      "no-such-split",
      `Cannot read ${file} of split ${JSON.stringify(split)}: the artifact has splits ${has.join(", ") || "none"}`,
      { file: source, field: split },
    );
  }
  const bytes = await readFile(source);
  try {
    return decode(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Terminal("malformed-file", `Cannot read ${source} as a protobuf message: ${reason}`, {
      file: source,
      cause,
    });
  }
}
