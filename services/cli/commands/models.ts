import type { Command } from "commander";
import { type SetStatus, withVerb } from "./verb.ts";

/** Verbs about served models. */
export function addModelCommands(millrace: Command, setStatus: SetStatus): void {
  withVerb(
    millrace
      .command("predict")
      .description("ask a served model about rows of raw features")
      .argument("<model>", "its name: the last part of where it is pushed to")
      .argument("[rows...]", 'rows as JSON, for example \'{"island":"Biscoe"}\' (default: from stdin)'),
    setStatus,
    async () => (await import("../verbs/predict.ts")).predict,
    { 'millrace predict penguins \'{"island":"Biscoe","culmen_length_mm":46.1}\'': "raw features in, predictions out" },
  );
}
