import { findRunningStack, standardServices, startStack } from "@millrace/local";
import { interruption } from "./interruption.ts";
import type { Invocation } from "../invocation.ts";
import { awaitModel } from "../predicting/model-server.ts";

/** A model server for as long as a verb needs it. */
export interface ServingSession extends AsyncDisposable {
  /** Where it answers REST. */
  readonly url: string;
}

/** Uses the model server of the stack that runs, or starts one for the verb's own length. */
export async function openServing({ data, note }: Invocation, model: string): Promise<ServingSession> {
  const running = await findRunningStack(data);
  const address = running?.services.find(({ name }) => name === "serving")?.address;
  if (address !== undefined) return { url: address, [Symbol.asyncDispose]: () => Promise.resolve() };
  const services = standardServices().filter(({ name }) => name === "serving");
  const stack = await startStack({ data, services, notice: note, signal: interruption() });
  const url = stack.services[0]?.address ?? "";
  await awaitModel(url, model);
  return { url, [Symbol.asyncDispose]: stack.stop };
}
