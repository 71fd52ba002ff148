import { type ExecutionContext, implement } from "millrace/component";
import { engineEnvironment, openEngine, openExamples, splitNamesOf } from "millrace/engine";
import { trainerDeclaration } from "millrace/pipeline";
import { backendEnvironment } from "millrace/tensorflow";
import { modelInvoker, trainModel } from "millrace/training";

/** The trainer: fits the user's model to transformed examples. Source: TFX Trainer. */
export const trainer = implement(trainerDeclaration, execute, { environment });

function environment() {
  const { backend, versions } = backendEnvironment();
  return { backend, versions: { ...engineEnvironment().versions, ...versions } };
}

async function execute(context: ExecutionContext<typeof trainerDeclaration>) {
  const { inputs, outputs, parameters, functions, signal } = context;
  await using engine = await openEngine();
  const result = await trainModel({
    ...parameters,
    engine,
    examples: await openExamples(engine, inputs.examples.path, splitNamesOf(inputs.examples.artifact.properties)),
    graphPath: inputs.graph.path,
    outputPath: outputs.model.path,
    seed: parameters.seed ?? context.seed,
    signal,
    callModel: (features) => functions.model.call(modelInvoker, features),
    onEpoch: (epoch, metrics) => {
      for (const [name, value] of Object.entries(metrics)) context.metric(name, value, epoch);
      context.progress(epoch / parameters.epochs, `epoch ${epoch} of ${parameters.epochs}`);
    },
  });
  outputs.model.setProperty("backend", result.backend);
  return result;
}
