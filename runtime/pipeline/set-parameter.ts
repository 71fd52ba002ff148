import * as v from "valibot";
import type { Plan, PlanNode } from "../contracts/millrace/metadata/v1/plan.ts";
import { canonicalJson, type Json, sourceComponent, Terminal } from "../model/mod.ts";
import type { Declaration } from "./declaration.ts";
import { parametersOf } from "./plan-difference.ts";

/** A new value for a parameter of a node. */
export interface ParameterSetting {
  readonly node: string;
  /** Its name; names within its value follow after dots: `thresholds.accuracy.min`. */
  readonly parameter: string;
  /** JSON; what is none, or is not accepted as such, stands for itself as a text. */
  readonly value: string;
}

/** Finds a component's declaration, for its parameters' schemas; undefined for one that is not known here. */
export type DeclarationOf = (component: string) => Declaration | undefined;

/**
 * The plan with a parameter changed, checked as the compiler checks it. Of a component whose declaration is not known
 * here, only parameters that the plan has can be set, to values of the kind that they have.
 * @throws {Terminal} `unknown-node`, `unknown-parameter`: listing what there is; `bad-parameter`.
 */
export function setParameter(plan: Plan, setting: ParameterSetting, declarationOf: DeclarationOf): Plan {
  const node = plan.nodes.find(({ name, component }) => name === setting.node && component !== sourceComponent);
  if (node === undefined) throw unknownNode(plan, `Cannot set ${settingName(setting)}`, setting.node);
  const [name = "", ...path] = setting.parameter.split(".");
  const before = parametersOf(node);
  const value = accepted(setting, node, declarationOf(node.component), (raw) => replacedIn(before[name], path, raw));
  const parametersJson = canonicalJson({ ...before, [name]: value });
  return { ...plan, nodes: plan.nodes.map((other) => (other === node ? { ...node, parametersJson } : other)) };
}

/** The refusal of a node that a plan does not have. @param action What was to be done, for example `Cannot fork run r`. */
export function unknownNode(plan: Plan, action: string, node: string): Terminal {
  const names = plan.nodes.filter(({ component }) => component !== sourceComponent).map(({ name }) => name);
  const message = `${action}: pipeline ${plan.pipeline} has no node ${JSON.stringify(node)}, only ${names.join(", ")}`;
  return new Terminal("unknown-node", message, { field: node });
}

/** The value as the parameter's schema makes it, of the JSON or else of the text. */
function accepted(
  setting: ParameterSetting,
  node: PlanNode,
  declaration: Declaration | undefined,
  whole: (raw: Json) => Json,
): Json {
  const [name = ""] = setting.parameter.split(".");
  const before = parametersOf(node);
  const known = Object.keys(declaration?.parameters ?? before);
  if (!known.includes(name)) throw unknownParameter(setting, node, declaration, known);
  const schema = declaration?.parameters[name] ?? sameKind(before[name] ?? null);
  const results = candidates(setting.value).map((raw) => v.safeParse(schema, whole(raw)));
  const parsed = results.find(({ success }) => success) ?? results[0];
  if (parsed?.success) return parsed.output as Json;
  const issue = parsed?.issues[0];
  const path = (issue?.path ?? []).map((item) => `.${String(item.key)}`).join("");
  throw new Terminal(
    "bad-parameter",
    `Cannot set ${settingName(setting)} to ${setting.value}: parameter "${name}${path}" of ${node.component}: ${issue?.message ?? ""}`,
    { field: settingName(setting) },
  );
}

function candidates(text: string): readonly Json[] {
  try {
    return [JSON.parse(text) as Json, text];
  } catch {
    return [text];
  }
}

/** For a component whose schemas are not known here; its executor still checks them. */
function sameKind(before: Json) {
  const kind = kindOf(before);
  return v.pipe(
    v.unknown(),
    v.check((value) => kindOf(value as Json) === kind, `its schema is not known here, so it must stay a ${kind}`),
  );
}

function kindOf(value: Json): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}

function replacedIn(value: Json | undefined, path: readonly string[], raw: Json): Json {
  const [name, ...rest] = path;
  if (name === undefined) return raw;
  const members = isRecord(value) ? value : {};
  return { ...members, [name]: replacedIn(members[name], rest, raw) };
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownParameter(
  setting: ParameterSetting,
  { component }: PlanNode,
  declaration: Declaration | undefined,
  known: readonly string[],
): Terminal {
  const [name = ""] = setting.parameter.split(".");
  const isFunction = declaration !== undefined && name in declaration.functions;
  const takes = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
  const why = isFunction
    ? `it is a user function: change it in its module and give that with --code`
    : `${component} has no such parameter: ${takes}`;
  return new Terminal("unknown-parameter", `Cannot set ${settingName(setting)}: ${why}`, {
    field: settingName(setting),
  });
}

function settingName({ node, parameter }: ParameterSetting): string {
  return `${node}.${parameter}`;
}
