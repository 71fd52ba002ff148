import { apiFailure, callApi } from "./api.ts";
import type { Requests } from "./requests.ts";

/** What the leader says of its stream. */
export interface StreamInfo {
  /** RFC 3339, with nanoseconds. */
  readonly created: string;
  /** The server's time at its answer, RFC 3339. */
  readonly ts: string;
  readonly state: {
    readonly last_seq: number;
    /** Messages by subject, where a filter of subjects was given and any matched. */
    readonly subjects?: Readonly<Record<string, number>>;
  };
  /** Subjects that matched, in all. */
  readonly total?: number;
}

/** Asks the leader about the stream. @param subjectsFilter Whose messages are to be counted by subject. */
export async function streamInfo(requests: Requests, stream: string, subjectsFilter?: string): Promise<StreamInfo> {
  const body = subjectsFilter === undefined ? {} : { subjects_filter: subjectsFilter };
  const found = await callApi<StreamInfo>(requests, `STREAM.INFO.${stream}`, body);
  if (found.error !== undefined) throw apiFailure(`look up stream ${stream}`, found.error);
  return found;
}
