import { type DataDirectory, findRunningStack } from "@millrace/local";
import { countForeign } from "millrace/projections";
import { toMillraceError } from "millrace/model";
import type { Invocation } from "../invocation.ts";
import { shownText } from "../print/shown-text.ts";
import { connectTo } from "../session/log-session.ts";
import { type Check, ok, warning } from "./check.ts";

/** Messages looked at, newest last: reading them takes about a second. */
const messagesMax = 100_000;

/** What is in the log that does not belong there, if a nats-server can be asked that runs already. */
export async function checkLog(data: DataDirectory, note: Invocation["note"]): Promise<readonly Check[]> {
  const url = process.env["MILLRACE_NATS_URL"] || (await findRunningStack(data))?.natsUrl;
  if (url === undefined) return [];
  try {
    await using log = await connectTo(url, note);
    const { count, last, from, to } = await countForeign(log, messagesMax);
    const among = from > 1 ? ` among the last ${to - from + 1} messages` : "";
    if (last === undefined) return [ok("foreign messages", `0${among}`)];
    const detail = `foreign messages: ${count}${among}, last at sequence ${last.sequence}, subject ${shownText(last.subject)}`;
    const mend =
      "they are skipped; find out who publishes them, and give nats-server users and permissions (docs/security.md)";
    return [warning("foreign messages", detail, mend)];
  } catch (thrown) {
    return [warning("log", toMillraceError(thrown).message, "start nats-server, or see its log")];
  }
}
