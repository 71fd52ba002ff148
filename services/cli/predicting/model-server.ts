import { setTimeout as sleep } from "node:timers/promises";
import { Retryable, Terminal } from "millrace/model";

/** A row of raw features. */
export type RawRow = Readonly<Record<string, string | number | boolean | null>>;

const requestTimeoutMs = 30_000;
/** Longest wait for a model to be served, and time between two looks, in milliseconds. */
const availableTimeoutMs = 10_000;
const pollMs = 50;

/**
 * Asks a model server for predictions, by TensorFlow Serving's REST API.
 * @param model Path of the model, with or without version: `penguins`, `penguins/versions/7`.
 * @returns One prediction a row, as the server shapes them.
 * @throws {Terminal} `predict-refused`. @throws {Retryable} `serving-unreachable`.
 */
export async function predict(url: string, model: string, rows: readonly RawRow[]): Promise<readonly unknown[]> {
  const response = await ask(`${url}/v1/models/${model}:predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ instances: rows }),
  });
  const answer = (await response.json()) as { predictions?: readonly unknown[]; error?: string };
  if (response.ok && answer.predictions !== undefined) return answer.predictions;
  throw new Terminal("predict-refused", `Cannot predict with ${model}: ${answer.error ?? `status ${response.status}`}`);
}

/**
 * Waits until a model, or one version of it, is served.
 * @throws {Terminal} `model-not-served` with what the server says.
 */
export async function awaitModel(url: string, model: string, version?: number): Promise<void> {
  const path = version === undefined ? model : `${model}/versions/${version}`;
  const deadline = performance.now() + availableTimeoutMs;
  for (;;) {
    const response = await ask(`${url}/v1/models/${path}`);
    const said = await response.text();
    if (response.ok && said.includes('"AVAILABLE"')) return;
    if (performance.now() > deadline) {
      throw new Terminal("model-not-served", `Cannot predict with ${path}: the model server says ${said.trim()}`);
    }
    await sleep(pollMs);
  }
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(requestTimeoutMs) });
  } catch (cause) {
    throw new Retryable("serving-unreachable", `Cannot reach the model server at ${url}: ${String(cause)}`, { cause });
  }
}
