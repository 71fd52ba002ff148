import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DirectoryStore } from "millrace/artifacts";
import { exportTinyModel, fruits } from "millrace/training/testing";
import { Catalog } from "./catalog.ts";
import { readConfig } from "./config.ts";
import { parseRequestJson } from "./request-json.ts";
import { type RestServer, startServer } from "./server.ts";

let directory: string;
let catalog: Catalog;
let server: RestServer;
/** What a store calls the served files. */
let digest: string;
const troubles: unknown[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-rest-test-"));
  await mkdir(join(directory, "base", "fruits"), { recursive: true });
  await mkdir(join(directory, "base", "deeper", "grams"), { recursive: true });
  await rename(await exportTinyModel(join(directory, "a")), join(directory, "base", "fruits", "7"));
  const store = new DirectoryStore(join(directory, "store"));
  const staging = await store.stage("execution", "pushed");
  await cp(join(directory, "base", "fruits", "7"), staging.path, { recursive: true });
  ({ digest } = await store.commit(staging, { type: "PushedModel" }));
  const regression = await exportTinyModel(join(directory, "b"), { task: "regression" });
  await rename(regression, join(directory, "base", "deeper", "grams", "1"));
  const config = readConfig({ MILLRACE_MODEL_BASE: join(directory, "base"), MILLRACE_REQUEST_BYTES_MAX: "100000" });
  catalog = new Catalog(config.modelBase, { loaded() {}, unloaded() {}, failed: (_, error) => troubles.push(error) });
  await catalog.refresh();
  server = await startServer({ catalog, config, onError: (error) => troubles.push(error) });
});

afterAll(async () => {
  await server.stop();
  await catalog[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function call(path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(server.url + path, body === undefined ? {} : { method: "POST", body: text });
  return { status: response.status, body: parseRequestJson(await response.text()) };
}

const predict = (body: unknown, model = "fruits") => call(`/v1/models/${model}:predict`, body);

describe("POST …:predict", () => {
  it("answers rows with an object of each row's outputs", async () => {
    const instances = [
      { grams: 160, colour: "red" },
      { grams: 8, colour: "red" },
    ];
    const { status, body } = await predict({ instances });
    expect(status).toBe(200);
    expect(body).toEqual({
      predictions: [
        { probabilities: [expect.any(Number), expect.any(Number), expect.any(Number)], class_id: 0, class: "apple" },
        { probabilities: [expect.any(Number), expect.any(Number), expect.any(Number)], class_id: 2, class: "cherry" },
      ],
    });
  });

  it("answers columns with columns, the same numbers", async () => {
    const rows = (await predict({ instances: [{ grams: 160, colour: "red" }, { grams: 8 }] })).body as {
      predictions: { probabilities: number[]; class_id: number; class: string }[];
    };
    const { status, body } = await predict({ inputs: { grams: [160, 8], colour: ["red", null] } });
    expect(status).toBe(200);
    expect(body).toEqual({
      outputs: {
        probabilities: rows.predictions.map(({ probabilities }) => probabilities),
        class_id: rows.predictions.map((row) => row.class_id),
        class: rows.predictions.map((row) => row.class),
      },
    });
  });

  it("answers a single output bare", async () => {
    const rows = await predict({ instances: [{ colour: "red", fruit: "cherry" }, {}] }, "grams");
    expect(rows.body).toEqual({ predictions: [expect.any(Number), expect.any(Number)] });
    const columns = await predict({ inputs: { colour: ["red"], fruit: ["cherry"] } }, "grams");
    expect(columns.body).toEqual({ outputs: [expect.any(Number)] });
  });

  it("takes lists of one, bytes in base64, and raw columns that the model doesn't need", async () => {
    const colour = { b64: Buffer.from("yellow").toString("base64") };
    const fancy = await predict({
      signature_name: "serving_default",
      instances: [{ grams: [120], colour, fruit: "x" }],
    });
    expect(fancy).toEqual(await predict({ instances: [{ grams: 120, colour: "yellow" }] }));
  });

  it("takes NaN and Infinity for numbers, which are not missing values", async () => {
    const infinite = await predict('{"instances": [{"grams": Infinity, "colour": "red"}]}');
    expect(infinite.status).toBe(200);
    expect(infinite.body).not.toEqual((await predict({ instances: [{ colour: "red" }] })).body);
    expect((await predict('{"inputs": {"grams": [NaN]}}')).status).toBe(200);
  });

  it("answers all training rows as it learned them", async () => {
    const { fruit, ...columns } = fruits;
    const { body } = await predict({ inputs: columns });
    expect(body).toMatchObject({ outputs: { class: fruit } });
  });

  it("answers for the version that there is, by number too", async () => {
    expect((await call("/v1/models/fruits/versions/7:predict", { instances: [{ grams: 8 }] })).status).toBe(200);
  });

  it.each<readonly [string, unknown, number, RegExp]>([
    ["no JSON", "{", 400, /^JSON Parse error/],
    ["no object", [1], 400, /must be an object/],
    ["neither rows nor columns", {}, 400, /^Missing 'inputs' or 'instances' key/],
    ["both", { instances: [{}], inputs: { grams: [1] } }, 400, /only one of/],
    ["no rows", { instances: [] }, 400, /at least one row/],
    ["bare values for two inputs", { instances: [1] }, 400, /inputs colour, grams/],
    ["a misspelt input", { instances: [{ gramms: 1 }] }, 400, /does not have named input: "gramms": .*"grams"/],
    ["an input named like a method", { instances: [{ toString: 1 }] }, 400, /named input: "toString"/],
    ["text for a number", { instances: [{ grams: 1 }, { grams: "heavy" }] }, 400, /"grams" in row 1 .*"heavy"/],
    ["a number for text", { instances: [{ colour: 3 }] }, 400, /"colour" in row 0 .*text.*3/],
    ["two values", { instances: [{ grams: [1, 2] }] }, 400, /"grams" of row 0/],
    ["a truth value", { instances: [{ grams: true }] }, 400, /"grams" of row 0 .*true/],
    ["bytes that are no base64", { instances: [{ colour: { b64: "%" } }] }, 400, /base64/],
    ["columns of unlike length", { inputs: { grams: [1, 2], colour: ["red"] } }, 400, /"colour" has 1|"grams" has 2/],
    ["another signature", { signature_name: "other", instances: [{}] }, 400, /"other" not found/],
    ["a body too long", JSON.stringify({ instances: "x".repeat(5_000_000) }), 413, /100000 bytes at most/],
  ])("refuses %s", async (_, body, status, message) => {
    expect(await predict(body)).toEqual({ status, body: { error: expect.stringMatching(message) } });
  });
});

function shape(...sizes: string[]) {
  return { dim: sizes.map((size) => ({ size, name: "" })), unknown_rank: false };
}

describe("GET /v1/models/M", () => {
  it("says which version answers", async () => {
    const status = { error_code: "OK", error_message: "" };
    const answered = { version: "7", state: "AVAILABLE", status, pushed_model_digest: digest };
    expect((await call("/v1/models/fruits")).body).toEqual({ model_version_status: [answered] });
    expect((await call("/v1/models/fruits/versions/7")).body).toEqual({ model_version_status: [answered] });
  });

  it("gives the signature as TensorFlow writes it", async () => {
    const { body } = await call("/v1/models/fruits/metadata");
    expect(body).toEqual({
      model_spec: { name: "fruits", signature_name: "", version: "7" },
      metadata: {
        pushed_model_digest: digest,
        signature_def: {
          signature_def: {
            serving_default: {
              inputs: {
                colour: { dtype: "DT_STRING", tensor_shape: shape("-1"), name: "serving_default_colour:0" },
                grams: { dtype: "DT_FLOAT", tensor_shape: shape("-1"), name: "serving_default_grams:0" },
              },
              outputs: {
                probabilities: {
                  dtype: "DT_FLOAT",
                  tensor_shape: shape("-1", "3"),
                  name: "serving_default_probabilities:0",
                },
                class_id: { dtype: "DT_INT64", tensor_shape: shape("-1"), name: "serving_default_class_id:0" },
                class: { dtype: "DT_STRING", tensor_shape: shape("-1"), name: "serving_default_class:0" },
              },
              method_name: "tensorflow/serving/predict",
            },
          },
        },
      },
    });
  });
});

describe("what isn't there", () => {
  it.each([
    ["/v1/models/nothing", undefined, 404, "Servable not found for request: Latest(nothing)"],
    ["/v1/models/nothing/metadata", undefined, 404, "Servable not found for request: Latest(nothing)"],
    ["/v1/models/fruits/versions/8", undefined, 404, "Servable not found for request: Specific(fruits, 8)"],
    ["/v1/models/fruits/versions/8:predict", {}, 404, "Servable not found for request: Specific(fruits, 8)"],
    ["/v1/models/fruits:predict", undefined, 400, "Malformed request: GET /v1/models/fruits:predict"],
    ["/v1/models/fruits", {}, 400, "Malformed request: POST /v1/models/fruits"],
    ["/elsewhere?x=1", undefined, 404, "Malformed request: GET /elsewhere"],
    ["//", undefined, 404, "Malformed request: GET //"],
    ["/v1/models/%ff", undefined, 400, "Malformed request: the model's name must be URL-encoded: it is %ff"],
    [
      "/v1/models/fruits:classify",
      {},
      400,
      "Expected classify signature method_name to be tensorflow/serving/classify. Was: tensorflow/serving/predict",
    ],
  ])("answers %s (body %j) with %d", async (path, body, status, error) => {
    expect(await call(path, body)).toEqual({ status, body: { error } });
  });
});

describe("health", () => {
  it("tells that the process answers, and which models do", async () => {
    expect(await call("/healthz")).toEqual({ status: 200, body: { status: "ok" } });
    expect(await call("/readyz")).toEqual({ status: 200, body: { ready: true, models: ["fruits", "grams"] } });
  });

  it("is not ready before it has looked for models", async () => {
    const fresh = new Catalog(directory, { loaded() {}, unloaded() {}, failed() {} });
    const config = readConfig({ MILLRACE_MODEL_BASE: directory });
    const other = await startServer({ catalog: fresh, config, onError() {} });
    expect((await fetch(`${other.url}/readyz`)).status).toBe(503);
    await other.stop();
  });
});

describe("a client that misbehaves", () => {
  it("is cut off when it doesn't send its body in time", async () => {
    const config = readConfig({ MILLRACE_MODEL_BASE: directory, MILLRACE_REQUEST_TIMEOUT_MS: "50" });
    const hasty = await startServer({ catalog, config, onError() {} });
    const socket = connect(Number(new URL(hasty.url).port), "127.0.0.1");
    socket.write("POST /v1/models/fruits:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    let received = "";
    for await (const chunk of socket) received += String(chunk);
    expect(received).toMatch(/^HTTP\/1\.1 408 /);
    await hasty.stop();
  });

  it("finds the server unharmed", async () => {
    await Promise.all(Array.from({ length: 20 }, () => predict({ instances: [{ grams: "x" }] })));
    expect((await predict({ instances: [{ grams: 8, colour: "red" }] })).status).toBe(200);
    expect(troubles).toEqual([]);
  });
});

describe("startServer()", () => {
  it("says which address is taken", async () => {
    const address = server.url.replace("http://", "");
    const config = readConfig({ MILLRACE_MODEL_BASE: directory, MILLRACE_REST_ADDRESS: address });
    await expect(startServer({ catalog, config, onError() {} })).rejects.toMatchObject({
      code: "address-taken",
      message: expect.stringContaining(address),
    });
  });
});
