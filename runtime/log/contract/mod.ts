import { describeAppend } from "./append.ts";
import { describeConsume } from "./consume.ts";
import { describeHistory } from "./history.ts";
import { describeLastMessages } from "./last-messages.ts";
import type { ConnectPair } from "./support.ts";

/**
 * What every log does, run on each adapter.
 * @param connect Makes a new log in the namespace `mr` and connects to it twice.
 */
export function describeLog(name: string, connect: ConnectPair): void {
  describeAppend(name, connect);
  describeLastMessages(name, connect);
  describeHistory(name, connect);
  describeConsume(name, connect);
}
