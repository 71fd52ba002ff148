import { implement } from "millrace/component";
import { pusherDeclaration } from "millrace/pipeline";
import { readConfig } from "./config.ts";
import { pushModel } from "./push-model.ts";

/** The pusher: copies a blessed model to where servers find it. */
export const pusher = implement(pusherDeclaration, (context) => pushModel(context, () => readConfig(process.env)));
