import { status } from "@grpc/grpc-js";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";
import { type ArtifactStore, storePlan } from "millrace/artifacts";
import { ControlServiceService } from "millrace/contracts/millrace/control/v1/control.ts";
import type {
  CancelRunRequest,
  CancelRunResponse,
  ControlServiceServer,
  PublishDatasetRequest,
  PublishDatasetResponse,
  RegisterPipelineRequest,
  RegisterPipelineResponse,
} from "millrace/contracts/millrace/control/v1/control.ts";
import { type ServiceServer, startServiceServer } from "millrace/component/internal";
import { registerPipeline, requestCancel } from "millrace/control";
import { appendEvent, newEventId } from "millrace/log";
import type { Log, Subjects } from "millrace/log";
import { Terminal, toMillraceError } from "millrace/model";

export interface ControlContext {
  readonly log: Log;
  readonly subjects: Subjects;
  readonly store: ArtifactStore;
}

/** Serves ControlService, health and reflection. @throws {Terminal} `cannot-listen`. */
export function startControlServer(address: string, context: ControlContext): Promise<ServiceServer> {
  const service: ControlServiceServer = {
    registerPipeline: unary((request: RegisterPipelineRequest) => register(context, request)),
    publishDataset: unary((request: PublishDatasetRequest) => publish(context, request)),
    cancelRun: unary((request: CancelRunRequest) => cancel(context, request)),
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

async function cancel(
  { log, subjects }: ControlContext,
  { pipeline, run, reason }: CancelRunRequest,
): Promise<CancelRunResponse> {
  if ((await log.leaderLastOf(subjects.started(pipeline, run))) === undefined)
    throw new Terminal("unknown-run", `Cannot cancel run ${run} of ${pipeline}: it was never started`);
  return { sequence: BigInt(await requestCancel(log, pipeline, run, reason)) };
}

/** One table of how errors look to gRPC clients. */
function grpcStatus(failureClass: string): status {
  return failureClass === "retryable"
    ? status.UNAVAILABLE
    : failureClass === "cancelled"
      ? status.CANCELLED
      : status.INVALID_ARGUMENT;
}

function unary<Request, Response>(handle: (request: Request) => Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    handle(call.request).then(
      (response) => callback(null, response),
      (thrown: unknown) => {
        const error = toMillraceError(thrown);
        callback({ code: grpcStatus(error.class), message: `${error.code}: ${error.message}` });
      },
    );
  };
}
