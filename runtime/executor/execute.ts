import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { ExecuteRequest, ExecuteResponse, StartExecution } from "../contracts/millrace/component/v1/executor.ts";
import { Retryable } from "../model/mod.ts";
import { cancelledBy, Execution, type ExecutionHandler } from "./execution.ts";
import { executionFailed } from "./failure.ts";

/** Executions that one process takes at once; agents have their own, lower number of slots. */
const executionsMax = 256;

type Call = ServerDuplexStream<ExecuteRequest, ExecuteResponse>;

/**
 * The Execute call: one stream carries many executions. Those of a stream stop when it ends, however it ends: an agent
 * that is gone has no use for their results.
 *
 * @param all Executions of all streams of this process.
 */
export function executeCall(handler: ExecutionHandler, all: Set<Execution>): (call: Call) => void {
  return (call) => {
    const own = new Map<string, Execution>();
    const send = (executionId: string, report: NonNullable<ExecuteResponse["report"]>) => {
      if (call.writable && !call.cancelled) call.write({ executionId, report });
    };

    const start = async (id: string, command: StartExecution) => {
      // A repeated start is the execution that is already under way.
      if (own.has(id)) return;
      if (all.size >= executionsMax) return send(id, { $case: "failed", value: executionFailed(tooMany()) });
      const execution = new Execution(id);
      own.set(id, execution);
      all.add(execution);
      const last = await execution.run(command, handler, (report) => send(id, report));
      own.delete(id);
      all.delete(execution);
      send(id, last);
    };

    const stopAll = (reason: string) => {
      for (const execution of own.values()) execution.stop(cancelledBy(reason));
    };

    call.on("data", ({ executionId, command }: ExecuteRequest) => {
      if (command?.$case === "start") void start(executionId, command.value);
      if (command?.$case === "cancel") own.get(executionId)?.stop(cancelledBy(command.value.reason));
    });
    call.on("end", () => {
      stopAll("its agent has ended the stream");
      call.end();
    });
    call.on("cancelled", () => stopAll("its agent is gone"));
    call.on("error", () => stopAll("the stream to its agent broke"));
  };
}

function tooMany(): Retryable {
  const message = `Cannot start another execution as at most ${executionsMax} may run in one executor: so many do`;
  return new Retryable("executor-full", message);
}
