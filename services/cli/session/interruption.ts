import { Cancelled } from "millrace/model";

const controller = new AbortController();
let listening = false;

/** Ends the command as if the user had asked for it, for example when nobody reads its output any more. */
export function interrupt(): void {
  controller.abort(new Cancelled("interrupted"));
}

/**
 * Aborts when the command is asked to end: Ctrl-C, SIGTERM, a closed terminal. What was started for it is then
 * stopped in order, within bounds, so more of these signals change nothing.
 */
export function interruption(): AbortSignal {
  if (!listening) {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, interrupt);
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
