import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { type ArtifactStore, storePlan } from "millrace/artifacts";
import { ControlServiceService } from "millrace/contracts/millrace/control/v1/control.ts";
import type {
  CancelRunRequest,
  ControlServiceServer,
  ForkRunRequest,
  PinRequest,
  PublishDatasetRequest,
  PublishDatasetResponse,
  RegisterPipelineRequest,
  RegisterPipelineResponse,
  ReproduceRunRequest,
  ResumeRunRequest,
  RollBackRequest,
  UnpinRequest,
} from "millrace/contracts/millrace/control/v1/control.ts";
import { type ServiceServer, startServiceServer } from "millrace/component/internal";
import { registerPipeline } from "millrace/control";
import type { Plans } from "millrace/driver";
import { appendEvent, newEventId } from "millrace/log";
import type { Log, Subjects } from "millrace/log";
import { Terminal, toMillraceError } from "millrace/model";
import { handleCancelRun } from "./cancel-run.ts";
import { errorStatus } from "./error-status.ts";
import { handleForkRun } from "./fork-run.ts";
import { handlePin, handleUnpin } from "./pin.ts";
import { handleReproduceRun } from "./reproduce-run.ts";
import { handleResumeRun } from "./resume-run.ts";
import { handleRollBack } from "./roll-back.ts";

export interface ControlContext {
  readonly log: Log;
  readonly subjects: Subjects;
  readonly store: ArtifactStore;
  readonly plans: Plans;
  /** Directory that destinations lie below; undefined if ingest isn't told. */
  readonly pushRoot: string | undefined;
}

/** Serves ControlService, health and reflection. @throws {Terminal} `cannot-listen`. */
export function startControlServer(address: string, context: ControlContext): Promise<ServiceServer> {
  const service: ControlServiceServer = {
    registerPipeline: unary((request: RegisterPipelineRequest) => register(context, request)),
    publishDataset: unary((request: PublishDatasetRequest) => publish(context, request)),
    cancelRun: unary((request: CancelRunRequest) => handleCancelRun(context, request)),
    reproduceRun: unary((request: ReproduceRunRequest) => handleReproduceRun(context, request)),
    forkRun: unary((request: ForkRunRequest) => handleForkRun(context, request)),
    resumeRun: unary((request: ResumeRunRequest) => handleResumeRun(context, request)),
    rollBack: unary((request: RollBackRequest) => handleRollBack(context, request)),
    pin: unary((request: PinRequest) => handlePin(context, request)),
    unpin: unary((request: UnpinRequest) => handleUnpin(context, request)),
  };
  return startServiceServer(address, "millrace.control.v1.ControlService", (server) =>
    server.addService(ControlServiceService, service),
  );
}

async function register(
  { log, store }: ControlContext,
  { plan }: RegisterPipelineRequest,
): Promise<RegisterPipelineResponse> {
  if (plan === undefined)
    throw new Terminal("missing-field", "Cannot register a pipeline: field plan must be there and is missing", {
      field: "plan",
    });
  const registered = await registerPipeline(log, plan, (bytes) => storePlan(store, bytes));
  const { version, planDigest, sequence, changed } = registered;
  return { version, planDigest, sequence: BigInt(sequence), changed };
}

async function publish(
  { log, subjects }: ControlContext,
  request: PublishDatasetRequest,
): Promise<PublishDatasetResponse> {
  const { dataset, source, id: sourceEventId, uri, format, digest, span, version, noCache } = request;
  const value = { dataset, source, sourceEventId, uri, format, digest, span, version, time: "", noCache };
  const event = { id: newEventId(), body: { $case: "datasetPublished" as const, value } };
  const appended = await appendEvent(log, subjects.dataset(dataset), event);
  return { sequence: BigInt(appended.kind === "appended" ? appended.sequence : 0) };
}

function unary<Request, Response>(handle: (request: Request) => Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    handle(call.request).then(
      (response) => callback(null, response),
      (thrown: unknown) => callback(errorStatus(toMillraceError(thrown))),
    );
  };
}
