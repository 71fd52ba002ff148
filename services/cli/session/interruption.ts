import { Cancelled } from "millrace/model";

const controller = new AbortController();
let listening = false;

/**
 * Aborts when the command is asked to end: Ctrl-C, SIGTERM, a closed terminal. What was started for it is then
 * stopped in order, within bounds, so more of these signals change nothing.
 */
export function interruption(): AbortSignal {
  if (!listening) {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => controller.abort(new Cancelled("interrupted")));
    }
    listening = true;
  }
  return controller.signal;
}

/** Rejects when the command is asked to end; never resolves. */
export async function interrupted(): Promise<never> {
  const signal = interruption();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  throw new Cancelled("interrupted");
}
