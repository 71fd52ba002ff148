import * as v from "valibot";
import { artifact, declareComponent, optionalArtifact } from "../declaration.ts";

/** Copies a blessed model to a versioned directory that servers poll. Source: TFX Pusher. */
export const pusherDeclaration = declareComponent({
  name: "pusher",
  version: "1",
  inputs: { model: artifact("Model"), blessing: optionalArtifact("ModelBlessing") },
  outputs: { pushed: artifact("PushedModel") },
  parameters: {
    /** Directory below the push root, for example "serving/penguins"; its last segment is the served model's name. */
    to: v.string(),
  },
  cache: false,
  effect: "push",
});
