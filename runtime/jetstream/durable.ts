import { Terminal } from "../model/mod.ts";
import { apiFailure, callApi, errorCodes } from "./api.ts";
import type { Requests } from "./requests.ts";

export interface DurableOptions {
  readonly stream: string;
  readonly name: string;
  readonly filters: readonly string[];
  readonly ackWaitMs: number;
}

interface ConsumerAnswer {
  readonly config: {
    readonly filter_subject?: string;
    readonly filter_subjects?: readonly string[];
    readonly ack_wait?: number;
  };
}

const nanosPerMs = 1_000_000;

/** Long naks must not starve the rest: each counts as pending until it is due. Source: docs/protocol.md, Durables. */
const ackPendingMax = 100_000;

/**
 * Makes a durable consumer over the whole history if it is absent. One with the same filters is used, with the
 * ack_wait given here: who renews by another than the server counts by would lose what it holds.
 * @throws {Terminal} `durable-differs`: the name is taken by one with other filters.
 */
export async function ensureDurable(requests: Requests, options: DurableOptions): Promise<void> {
  const { stream, name } = options;
  const request = { stream_name: stream, action: "create", config: configOf(options) };
  const made = await callApi<ConsumerAnswer>(requests, `CONSUMER.CREATE.${stream}.${name}`, request);
  if (made.error === undefined) return;
  if (made.error.err_code !== errorCodes.consumerExists) throw apiFailure(`make durable ${name}`, made.error);
  const found = await callApi<ConsumerAnswer>(requests, `CONSUMER.INFO.${stream}.${name}`, {});
  if (found.error !== undefined) throw apiFailure(`look up durable ${name}`, found.error);
  const { filter_subjects: many, filter_subject: one, ack_wait: ackWait } = found.config;
  const existing = many ?? (one === undefined ? [] : [one]);
  if (sameSet(existing, options.filters)) {
    if (ackWait !== options.ackWaitMs * nanosPerMs) await update(requests, options);
    return;
  }
  throw new Terminal(
    "durable-differs",
    `Cannot consume ${options.filters.join(", ")} as durable ${name}: its filters must be the same: ` +
      `they are ${existing.join(", ")}. Give other filters another name`,
  );
}

async function update(requests: Requests, options: DurableOptions): Promise<void> {
  const { stream, name } = options;
  const request = { stream_name: stream, action: "update", config: configOf(options) };
  const updated = await callApi<ConsumerAnswer>(requests, `CONSUMER.CREATE.${stream}.${name}`, request);
  if (updated.error !== undefined) throw apiFailure(`set the ack_wait of durable ${name}`, updated.error);
}

function configOf({ name, filters, ackWaitMs }: DurableOptions): object {
  return {
    name,
    durable_name: name,
    deliver_policy: "all",
    ack_policy: "explicit",
    ack_wait: ackWaitMs * nanosPerMs,
    max_deliver: -1,
    max_ack_pending: ackPendingMax,
    filter_subjects: filters,
  };
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === a.length;
}
