/** Exit status of every verb: done; refused, failed or not equal, the reason on stderr; wrong use. */
export const exitCode = { done: 0, failed: 1, wrongUse: 2 } as const;

/** One of the exit statuses. */
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
