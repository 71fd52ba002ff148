/**
 * The oldest nats-server that has what the log needs: multi-filter consumers, `multi_last` direct gets
 * and `sync_interval`. Source: docs/protocol.md.
 */
export const oldestServer = "2.11.0";

/**
 * Whether a nats-server's version, as `nats-server --version` or its INFO line gives it, is new enough.
 * A pre-release counts as its release; text without a version does not count at all.
 */
export function isNewEnough(version: string, oldest: string = oldestServer): boolean {
  const have = numbersOf(version);
  const want = numbersOf(oldest);
  if (have === undefined || want === undefined) return false;
  for (const [index, wanted] of want.entries()) {
    const number = have[index] ?? 0;
    if (number !== wanted) return number > wanted;
  }
  return true;
}

function numbersOf(text: string): readonly number[] | undefined {
  return /(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
}
