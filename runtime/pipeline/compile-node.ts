import type { CodeReference, NodeInput, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { compileBudget } from "./budget.ts";
import { compileError, type NodePlace } from "./compile-error.ts";
import type { Port } from "./declaration.ts";
import type { DraftNode } from "./draft.ts";
import { isHandle, type Origin, typeName } from "./handle.ts";
import { sourceNodeName } from "./naming.ts";
import { optionNames } from "./node.ts";
import { parametersJson } from "./parameters.ts";

/**
 * Compiles one node.
 * @param names Names of the pipeline's nodes.
 * @throws {Terminal} `wrong-wiring`, `unknown-argument`, `bad-parameter`.
 */
export function compileNode(
  name: string,
  draft: DraftNode,
  names: ReadonlyMap<object, string>,
  code: CodeReference[],
): PlanNode {
  const { declaration, given } = draft;
  const place = { node: name, declaration };
  checkArguments(place, given);
  return {
    name,
    component: declaration.name,
    inputs: Object.entries(declaration.inputs).flatMap(([input, port]) =>
      compileInput(place, input, port, given[input], names),
    ),
    outputs: Object.entries(declaration.outputs).map(([output, { type, optional }]) => ({
      name: output,
      type,
      optional,
    })),
    parametersJson: parametersJson(place, given),
    code,
    cache: given.cache ?? declaration.cache,
    ...compileBudget(place, given),
    externalEffects: declaration.effect === "push" || declaration.effect === "other",
  };
}

function checkArguments(place: NodePlace, given: DraftNode["given"]): void {
  const { inputs, parameters, functions } = place.declaration;
  const known = [inputs, parameters, functions].flatMap(Object.keys).concat(optionNames);
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw compileError("unknown-argument", place, unknown, `it takes no "${unknown}", only ${known.join(", ")}`);
  }
}

function compileInput(
  place: NodePlace,
  input: string,
  port: Port,
  value: unknown,
  names: ReadonlyMap<object, string>,
): NodeInput[] {
  if (value === undefined && port.optional) return [];
  const wrong = (got: string) =>
    compileError("wrong-wiring", place, input, `input "${input}" wants ${typeName(port.type)}, but gets ${got}`);
  if (!isHandle(value)) throw wrong(value === undefined ? "nothing" : "what is not an output of a node");
  const source = sourceOf(value.origin, names);
  if (source === undefined) throw wrong("an output of a node of another pipeline");
  if (value.type !== port.type) throw wrong(`${typeName(value.type)} from ${describe(source)}`);
  return [{ name: input, type: port.type, optional: port.optional, source }];
}

type InputSource = NonNullable<NodeInput["source"]>;

function sourceOf(origin: Origin, names: ReadonlyMap<object, string>): InputSource | undefined {
  if (origin.kind === "source") return { $case: "output", value: { node: sourceNodeName, output: "dataset" } };
  if (origin.kind === "resolver") return { $case: "resolver", value: { name: origin.resolver } };
  const node = names.get(origin.node);
  return node === undefined ? undefined : { $case: "output", value: { node, output: origin.output } };
}

function describe(source: InputSource): string {
  return source.$case === "output" ? `node "${source.value.node}"` : `the resolver "${source.value.name}"`;
}
