import { mkdir, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { parseDestination, Terminal } from "../../model/mod.ts";
import { withWriteErrors } from "./write-error.ts";

/**
 * Makes the directory of a destination below the push root.
 *
 * @param to The `to` parameter, for example `serving/penguins`.
 * @throws {Terminal} `bad-destination`; `destination-outside-root`: a link leads out of the root;
 * `destination-not-writable`.
 */
export async function destinationDirectory(pushRoot: string, to: string): Promise<string> {
  const directory = join(pushRoot, parseDestination(to));
  return withWriteErrors(directory, async () => {
    await mkdir(pushRoot, { recursive: true });
    await assertBelow(await realpath(pushRoot), directory);
    await mkdir(directory, { recursive: true });
    return directory;
  });
}

/** Looks at the deepest part that exists before anything is made, since `mkdir` follows links. */
async function assertBelow(root: string, directory: string): Promise<void> {
  const existing = await deepestExisting(directory);
  if (existing === root || existing.startsWith(root + sep)) return;
  throw new Terminal(
    "destination-outside-root",
    `Cannot push to ${directory} as it must lie below the push root ${root}: a link leads to ${existing}; remove the link`,
    { file: directory },
  );
}

async function deepestExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return deepestExisting(dirname(path));
  }
}
