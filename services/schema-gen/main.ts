import { serve } from "millrace/component";
import { schemaGen } from "./component.ts";

await serve(schemaGen);
