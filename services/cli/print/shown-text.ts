/** Longest piece of a stranger's text that is shown, in characters. */
const shownMax = 120;

/** What anyone may have written, as it can be shown at a terminal: on one line, without control characters, cut. */
export function shownText(text: string): string {
  const oneLine = text.replaceAll(/[\p{Cc}\p{Cf}\u{fffd}]+/gu, (run) =>
    Array.from(run, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`).join(""),
  );
  return oneLine.length > shownMax ? `${oneLine.slice(0, shownMax)}…` : oneLine;
}
