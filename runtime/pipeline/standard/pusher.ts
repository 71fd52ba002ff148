import * as v from "valibot";
import { isDestination, targetToken, type Token } from "../../model/mod.ts";
import { artifact, declareComponent, optionalArtifact } from "../declaration.ts";

/** Copies a blessed model to a versioned directory that servers poll. Source: TFX Pusher. */
export const pusherDeclaration = declareComponent({
  name: "pusher",
  version: "1",
  inputs: { model: artifact("Model"), blessing: optionalArtifact("ModelBlessing") },
  outputs: { pushed: artifact("PushedModel") },
  parameters: {
    /** Directory below the push root, for example "serving/penguins"; its last segment is the served model's name. */
    to: v.pipe(
      v.string(),
      v.check(
        isDestination,
        'must be a path below the push root such as "serving/penguins": segments of A-Z a-z 0-9 . _ -, ' +
          "starting with a letter or digit, none of digits alone",
      ),
    ),
  },
  cache: false,
  effect: "push",
});

/**
 * Subject token of the destination that a pushing node's parameters name.
 * @throws {Terminal} `bad-destination`.
 */
export function destinationToken(parametersJson: string): Token {
  const { to } = JSON.parse(parametersJson) as { readonly to?: unknown };
  return targetToken(typeof to === "string" ? to : "");
}
