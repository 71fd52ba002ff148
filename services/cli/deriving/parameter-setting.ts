import type { ParameterSetting } from "millrace/pipeline";
import { WrongUse } from "../wrong-use.ts";

/** Reads `node.parameter=value`. @throws {WrongUse} it is something else. */
export function parseSetting(text: string): ParameterSetting {
  const [, node, parameter, value] = /^([^.=]+)\.([^=]+)=(.*)$/s.exec(text) ?? [];
  if (node === undefined || parameter === undefined || value === undefined)
    throw new WrongUse(`Cannot read --set ${text}: write node.parameter=value, for example model.epochs=20`);
  return { node, parameter, value };
}
