import { type Crash, findRunningStack, type Stack, startStack } from "@millrace/local";
import { Terminal } from "millrace/model";
import type { Invocation } from "../invocation.ts";
import { registerProject } from "../registration/register-project.ts";
import { interrupted, interruption } from "./interruption.ts";
import { checkNamedServer, connectTo, type LogSession } from "./log-session.ts";
import { chosenServices } from "./services.ts";

/** A running stack, and its log, for as long as a verb needs it. */
export interface StackSession extends LogSession {
  /** Whether the stack was started for this verb and ends with it. */
  readonly own: boolean;
  /** Where the model server answers. */
  readonly servingUrl: string;
  /** Rejects when a service of a stack of its own ends by itself, or the command is interrupted; never resolves. */
  readonly trouble: Promise<never>;
}

/** Uses the stack that runs, or starts one for the verb's own length. */
export async function openStack(invocation: Invocation): Promise<StackSession> {
  const { data, note } = invocation;
  const running = await findRunningStack(data);
  if (running !== undefined) return sessionOf(running, note);
  await checkNamedServer(invocation);
  const services = chosenServices(data.project, {});
  const stack = await startStack({ data, services, notice: note, signal: interruption() });
  try {
    const session = await sessionOf(stack, note, stack);
    await registerProject(invocation, session.log);
    return session;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

interface Running {
  readonly natsUrl: string;
  readonly services: readonly { readonly name: string; readonly address: string }[];
}

/** @param own The stack if it was started for this verb. */
async function sessionOf(
  { natsUrl, services }: Running,
  note: Invocation["note"],
  own?: Pick<Stack, "crashed" | "stop">,
): Promise<StackSession> {
  const log = await connectTo(natsUrl, note);
  const trouble = Promise.race([crashOf(own?.crashed), interrupted()]);
  // Whoever waits for something races it; before and after that nobody has to.
  trouble.catch(() => {});
  return {
    log,
    natsUrl,
    own: own !== undefined,
    servingUrl: services.find(({ name }) => name === "serving")?.address ?? "",
    trouble,
    [Symbol.asyncDispose]: async () => {
      await log[Symbol.asyncDispose]();
      await own?.stop();
    },
  };
}

async function crashOf(crashed: Promise<Crash> | undefined): Promise<never> {
  const crash = await (crashed ?? new Promise<Crash>(() => {}));
  const message = `Service "${crash.name}" ended by itself (${crash.how}). Log: ${crash.log}`;
  throw new Terminal("service-crashed", message, { detail: crash.stderrTail });
}
