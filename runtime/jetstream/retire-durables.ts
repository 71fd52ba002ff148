import { apiFailure, callApi } from "./api.ts";
import type { Requests } from "./requests.ts";

interface ConsumerState {
  readonly name: string;
  readonly num_pending: number;
  readonly num_ack_pending: number;
  readonly num_waiting: number;
}

interface ConsumerPage {
  readonly consumers?: readonly ConsumerState[];
  readonly total: number;
}

/**
 * Deletes the durables that earlier versions left behind once they are drained: nothing to deliver, nothing
 * unacknowledged, and nobody pulls. Names are `<prefix>-<hash of the filters>`.
 * @param keep Names still in use.
 * @returns Names of those deleted.
 */
export async function retireDurables(
  requests: Requests,
  stream: string,
  prefix: string,
  keep: readonly string[],
): Promise<readonly string[]> {
  const retired: string[] = [];
  for (const consumer of await listConsumers(requests, stream)) {
    const ofPrefix =
      consumer.name.startsWith(`${prefix}-`) && /^[0-9a-f]+$/.test(consumer.name.slice(prefix.length + 1));
    if (!ofPrefix || keep.includes(consumer.name) || !isDrained(consumer)) continue;
    const deleted = await callApi<object>(requests, `CONSUMER.DELETE.${stream}.${consumer.name}`, {});
    if (deleted.error !== undefined) throw apiFailure(`delete durable ${consumer.name}`, deleted.error);
    retired.push(consumer.name);
  }
  return retired;
}

function isDrained({ num_pending, num_ack_pending, num_waiting }: ConsumerState): boolean {
  return num_pending === 0 && num_ack_pending === 0 && num_waiting === 0;
}

async function listConsumers(requests: Requests, stream: string): Promise<readonly ConsumerState[]> {
  const all: ConsumerState[] = [];
  for (;;) {
    const page = await callApi<ConsumerPage>(requests, `CONSUMER.LIST.${stream}`, { offset: all.length });
    if (page.error !== undefined) throw apiFailure(`list the durables of ${stream}`, page.error);
    all.push(...(page.consumers ?? []));
    if ((page.consumers ?? []).length === 0 || all.length >= page.total) return all;
  }
}
