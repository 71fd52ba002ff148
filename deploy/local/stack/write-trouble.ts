import { statfs } from "node:fs/promises";

/** Why a nats-server stores nothing, and whether it could by now. */
export interface WriteTrouble {
  /** As the server says it. */
  readonly message: string;
  readonly spaceIsBack: boolean;
}

/** Space without which it would fail at once again, in bytes: a block of a stream, and some. */
const spaceMinBytes = 1024 * 1024;
const answerTimeoutMs = 2_000;

/** Asks a server's monitoring whether a write has failed; undefined if none has, or it does not answer. */
export async function writeTrouble(monitorUrl: string, dataDir: string): Promise<WriteTrouble | undefined> {
  try {
    const response = await fetch(`${monitorUrl}/healthz`, { signal: AbortSignal.timeout(answerTimeoutMs) });
    const { error = "" } = (await response.json()) as { readonly error?: string };
    if (!/write error|no space left/.test(error)) return undefined;
    const { bavail, bsize } = await statfs(dataDir);
    return { message: error, spaceIsBack: bavail * bsize >= spaceMinBytes };
  } catch {
    return undefined;
  }
}
