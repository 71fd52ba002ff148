import type { LogEntry } from "../../log/mod.ts";
import { digestOf } from "../../model/mod.ts";

/** Names a message by its content and time, so that what was folded up to it is known to be of this very log. */
export function digestOfEntry({ subject, timeMs, data }: LogEntry): string {
  return digestOf(`${subject} ${timeMs} ${digestOf(data)}`);
}
