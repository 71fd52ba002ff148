import type { IncomingMessage } from "node:http";
import type { Catalog } from "./catalog.ts";
import type { Config } from "./config.ts";
import { readBody } from "./request-body.ts";
import type { ResponseValue } from "./response-json.ts";
import { invalidArgument, RestError } from "./rest-error.ts";
import { metadata } from "./routes/metadata.ts";
import { predict } from "./routes/predict.ts";
import { status } from "./routes/status.ts";

/** What answers are made from. */
export interface AnswerContext {
  readonly catalog: Catalog;
  readonly config: Pick<Config, "requestBytesMax">;
}

/** An answer to be written as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: ResponseValue;
}

const modelPath =
  /^\/v1\/models\/(?<model>[^/:]+)(?:\/versions\/(?<version>\d+))?(?:\/(?<view>metadata)|:(?<verb>predict|classify|regress))?$/;

/**
 * Answers one request.
 * @param signal Aborts when the client is gone or the time is over.
 * @throws {RestError} What the client did wrong. {MillraceError} what the model says.
 * Source: TensorFlow Serving, RESTful API.
 */
export async function answer(context: AnswerContext, request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
  const [path = "/"] = (request.url ?? "/").split("?", 1);
  const method = request.method ?? "GET";
  const found = modelPath.exec(path)?.groups;
  if (found === undefined) return answerHealth(context, method, path);
  const { version, view, verb } = found;
  const model = decodeModel(found["model"]!);
  if (method === "GET" && verb === undefined) {
    const body =
      view === undefined ? status(context.catalog, model, version) : metadata(context.catalog, model, version);
    return { status: 200, body };
  }
  if (method !== "POST" || verb === undefined) throw malformed(400, method, path);
  if (verb !== "predict") throw onlyPredict(context, model, version, verb);
  const text = await readBody(request, context.config.requestBytesMax);
  return { status: 200, body: await predict(context.catalog, model, version, text, signal) };
}

/** `/healthz`: the process answers. `/readyz`: it has looked for models, and which answer. */
function answerHealth({ catalog }: AnswerContext, method: string, path: string): Answer {
  if (method === "GET" && path === "/healthz") return { status: 200, body: { status: "ok" } };
  if (method === "GET" && path === "/readyz") {
    return { status: catalog.ready ? 200 : 503, body: { ready: catalog.ready, models: catalog.models } };
  }
  throw malformed(404, method, path);
}

function onlyPredict({ catalog }: AnswerContext, model: string, version: string | undefined, verb: string): RestError {
  catalog.version(model, version);
  return invalidArgument(
    `Expected ${verb} signature method_name to be tensorflow/serving/${verb}. Was: tensorflow/serving/predict`,
  );
}

function decodeModel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument(`Malformed request: the model's name must be URL-encoded: it is ${text}`);
  }
}

function malformed(statusCode: number, method: string, path: string): RestError {
  return new RestError(statusCode, `Malformed request: ${method} ${path}`);
}
