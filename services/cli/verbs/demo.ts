import { storePlan } from "millrace/artifacts";
import type { Plan } from "millrace/contracts/millrace/metadata/v1/plan.ts";
import { registerPipeline } from "millrace/control";
import { subjectsOf } from "millrace/log";
import type { RunView } from "millrace/projections";
import { example, exampleFiles } from "../demo/example.ts";
import { printReport, type Predicted } from "../demo/report.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { CommonOptions, Invocation } from "../invocation.ts";
import { awaitModel, predict } from "../predicting/model-server.ts";
import { awaitStarts } from "../publishing/await-starts.ts";
import { cloudEventOf, datasetEventOf } from "../publishing/dataset-event.ts";
import { publishPlainly } from "../publishing/publish-plainly.ts";
import { compileModule } from "../registration/compile-module.ts";
import { openStack, type StackSession } from "../session/stack-session.ts";
import { storeOf } from "../session/store.ts";
import { followRun } from "../watching/follow-run.ts";
import { showProgress } from "../watching/show-progress.ts";
import { Terminal } from "millrace/model";

/**
 * Runs the penguins from dataset to predictions: starts what is missing, registers the pipeline, publishes the CSV as a
 * plain NATS message, shows the run, and asks the model server about three penguins.
 */
export async function demo(invocation: Invocation, _options: CommonOptions): Promise<ExitCode> {
  const say = invocation.json ? invocation.note : invocation.print;
  const beganAt = performance.now();
  say("Starting nats-server and the services …");
  const files = exampleFiles(invocation.data);
  const compiling = compileModule(files.pipeline, storeOf(invocation.data));
  // Awaited when the stack is there; until then a failure is not unhandled.
  compiling.catch(() => {});
  await using session = await openStack(invocation);
  const all = run(invocation, session, { plan: await compiling, csv: files.csv, say });
  const { view, predictions } = await Promise.race([all, session.trouble]);
  const tookMs = performance.now() - beganAt;
  if (invocation.json) invocation.print(JSON.stringify({ ...view, predictions, tookMs }));
  else invocation.print(printReport(view, predictions, tookMs));
  const done = view.state === "succeeded" && view.pushed !== null && predictions.length === example.rows.length;
  return done ? exitCode.done : exitCode.failed;
}

interface Demo {
  readonly plan: Plan;
  readonly csv: string;
  readonly say: (line: string) => void;
}

interface DemoResult {
  readonly view: RunView;
  readonly predictions: readonly Predicted[];
}

async function run(invocation: Invocation, session: StackSession, { plan, csv, say }: Demo): Promise<DemoResult> {
  const { log, natsUrl, servingUrl } = session;
  const store = storeOf(invocation.data);
  const { version, changed } = await registerPipeline(log, plan, (bytes) => storePlan(store, bytes));
  say(`Pipeline ${plan.pipeline}, version ${version} (${changed ? "registered" : "unchanged"})`);

  const event = datasetEventOf(example.dataset, csv, { source: "millrace-demo" }, ".");
  const subject = subjectsOf(log.namespace).dataset(example.dataset);
  const sequence = await publishPlainly(natsUrl, subject, cloudEventOf(event));
  say(`Published ${event.uri} on ${subject} as message ${sequence}`);
  const started = await awaitStarts(log, store, event, sequence);
  if (started.kind === "rejected") throw new Terminal(started.code, started.message);
  const place = started.runs.find(({ pipeline }) => pipeline === plan.pipeline);
  if (place === undefined) throw new Terminal("run-missing", `Message ${sequence} started no run of ${plan.pipeline}`);
  say(`Run ${place.run}`);

  const stream = invocation.json ? process.stderr : process.stdout;
  const view = await showProgress(followRun(log, store, place), stream);
  if (view === undefined) throw new Terminal("run-missing", `Run ${place.run} cannot be followed`);
  return { view, predictions: view.pushed === null ? [] : await askModel(servingUrl, view.pushed.version) };
}

async function askModel(servingUrl: string, version: number): Promise<readonly Predicted[]> {
  await awaitModel(servingUrl, example.model, version);
  const path = `${example.model}/versions/${version}`;
  const predictions = await predict(
    servingUrl,
    path,
    example.rows.map(({ raw }) => raw),
  );
  return example.rows.map(({ species, raw }, index) => ({ species, raw, prediction: predictions[index] }));
}
