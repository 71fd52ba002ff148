import type { Push } from "../../contracts/millrace/event/v1/event.ts";
import { originalVersion } from "../../journal/mod.ts";
import type { Target } from "../../journal/mod.ts";
import { Terminal } from "../../model/mod.ts";

/** Versions named in a message. */
const namedMax = 10;

/**
 * The version that a rollback goes back to: the one asked for, or of a version that a rollback made the one that it
 * restored; else the newest before the served one that no rollback went behind and that holds another model. Pure.
 * @throws {Terminal} `nothing-served`, `unknown-version`, `no-earlier-version`, naming what was pushed.
 */
export function chooseVersion(target: Target, destination: string, to: number | undefined): Push {
  const { served } = target;
  if (served === undefined)
    throw new Terminal(
      "nothing-served",
      `Cannot roll back ${destination} as it must serve something: nothing was pushed there`,
    );
  const pushed = [...target.history, ...target.undone];
  const originals = pushed.filter(({ restoredVersion }) => restoredVersion === undefined);
  if (to !== undefined) {
    const named = pushed.find(({ version }) => Number(version) === to);
    const original = named && originals.find(({ version }) => version === originalVersion(named));
    if (original) return original;
    throw new Terminal(
      "unknown-version",
      `Cannot roll back ${destination} to version ${to}: it was never pushed there. Pushed were ${list(originals)}`,
    );
  }
  const before = target.history
    .filter(({ restoredVersion, version }) => restoredVersion === undefined && version < originalVersion(served))
    .find(({ model }) => model?.digest !== served.model?.digest);
  if (before) return before;
  throw new Terminal(
    "no-earlier-version",
    `Cannot roll back ${destination} as another model must have been pushed before version ${served.version}, and not been rolled back: there is none. Pushed were ${list(originals)}; name one of them to serve it`,
  );
}

function list(pushes: readonly Push[]): string {
  const versions = pushes.map(({ version }) => version).sort((a, b) => (a < b ? 1 : -1));
  const more = versions.length > namedMax ? " and earlier ones" : "";
  return `${versions.slice(0, namedMax).join(", ")}${more}`;
}
