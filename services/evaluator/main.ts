import { serve } from "millrace/component";
import { evaluator } from "./component.ts";

await serve(evaluator);
