import { status, type sendUnaryData, type ServerUnaryCall } from "@grpc/grpc-js";
import { object } from "valibot";
import type {
  ComponentServiceServer,
  DescribeResponse,
  Port as PortMessage,
  StatusResponse,
} from "../../contracts/millrace/component/v1/component.ts";
import { canonicalJson, toMillraceError } from "../../model/mod.ts";
import type { Declaration, Port } from "../../pipeline/mod.ts";

/** What an agent tells about itself, and how it is let go. */
export interface AgentStatus {
  executions(): readonly {
    readonly run: string;
    readonly node: string;
    readonly attempt: number;
    /** Time of its claim, milliseconds since the epoch. */
    readonly startedAt: number;
    /** Fraction done, negative if not told. */
    readonly progress: number;
  }[];
  /** Executions it may hold at once. */
  readonly slots: number;
  draining(): boolean;
  readonly counts: { readonly claimsWon: number; readonly claimsLost: number };
  /** @param deadlineMs Longest to wait for what is under way; the rest is returned to other replicas. */
  drain(deadlineMs: number): Promise<{ readonly finished: number; readonly returned: number }>;
}

/** ComponentService over an agent. */
export function componentService(declaration: Declaration, agent: AgentStatus): ComponentServiceServer {
  return {
    describe: answering(() => describe(declaration)),
    status: answering(async () => statusOf(agent)),
    drain: answering(({ deadlineMs }) => agent.drain(Number(deadlineMs))),
  };
}

async function describe(declaration: Declaration): Promise<DescribeResponse> {
  return {
    name: declaration.name,
    version: declaration.version,
    inputs: ports(declaration.inputs),
    outputs: ports(declaration.outputs),
    parametersSchemaJson: canonicalJson(await parametersSchema(declaration)),
  };
}

/** JSON Schema of what an author writes; what JSON Schema can't say (a check in code) is left out of it. */
async function parametersSchema(declaration: Declaration): Promise<unknown> {
  const { toJsonSchema } = await import("@valibot/to-json-schema");
  return toJsonSchema(object(declaration.parameters), { typeMode: "input", errorMode: "ignore" });
}

function ports(declared: Readonly<Record<string, Port>>): PortMessage[] {
  return Object.entries(declared).map(([name, { type, optional }]) => ({ name, type, optional }));
}

function statusOf(agent: AgentStatus): StatusResponse {
  const now = Date.now();
  const executions = agent.executions().map(({ run, node, attempt, startedAt, progress }) => ({
    run,
    node,
    attempt,
    runningMs: BigInt(Math.max(0, Math.round(now - startedAt))),
    progress,
  }));
  return {
    executions,
    slots: agent.slots,
    draining: agent.draining(),
    claimsWon: BigInt(agent.counts.claimsWon),
    claimsLost: BigInt(agent.counts.claimsLost),
  };
}

function answering<Request, Response>(answer: (request: Request) => Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    answer(call.request).then(
      (response) => callback(null, response),
      (thrown: unknown) => {
        const error = toMillraceError(thrown);
        callback({ code: status.INTERNAL, details: `${error.code}: ${error.message}` });
      },
    );
  };
}
