import { type ExecutionContext, implement } from "millrace/component";
import { engineEnvironment, examplesProperties, openEngine, openExamples, splitNamesOf } from "millrace/engine";
import { transformDeclaration } from "millrace/pipeline";
import { transformExamples } from "millrace/transform";

/** Transform: analyses, transforms, and keeps the graph for training and serving. Source: TFX Transform. */
export const transform = implement(transformDeclaration, execute, { environment: engineEnvironment });

async function execute(context: ExecutionContext<typeof transformDeclaration>) {
  const { inputs, outputs, parameters, functions, signal } = context;
  await using engine = await openEngine();
  const { properties } = inputs.examples.artifact;
  const { graph, rows } = await transformExamples({
    engine,
    examples: await openExamples(engine, inputs.examples.path, splitNamesOf(properties)),
    schemaPath: inputs.schema.path,
    preprocessing: functions.preprocessing,
    analyze: parameters.analyze,
    graphPath: outputs.graph.path,
    examplesPath: outputs.examples.path,
    signal,
    progress: (fraction, message) => context.progress(fraction, message),
  });
  const { span, version } = properties;
  const facts = { rows, format: "parquet", ...(span && { span }), ...(version && { version }) } as const;
  for (const [name, value] of Object.entries(examplesProperties(facts))) outputs.examples.setProperty(name, value);
  return { backend: engine.version, metrics: { features: graph.outputs.length } };
}
