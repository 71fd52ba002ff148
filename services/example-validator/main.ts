import { serve } from "millrace/component";
import { exampleValidator } from "./component.ts";

await serve(exampleValidator);
