/**
 * Makes the test for whether a subject matches any of the filters; no filters match everything.
 * `*` stands for one token, a closing `>` for one or more. Source: NATS, Subject-Based Messaging.
 */
export function subjectMatcher(filters: readonly string[]): (subject: string) => boolean {
  if (filters.length === 0) return () => true;
  const patterns = filters.map((filter) => filter.split("."));
  return (subject) => {
    const tokens = subject.split(".");
    return patterns.some((pattern) => matches(tokens, pattern));
  };
}

function matches(tokens: readonly string[], pattern: readonly string[]): boolean {
  const open = pattern.at(-1) === ">";
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? tokens.length <= fixed.length : tokens.length !== fixed.length) return false;
  return fixed.every((token, index) => token === "*" || token === tokens[index]);
}
