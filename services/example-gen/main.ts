import { serve } from "millrace/component";
import { exampleGen } from "./component.ts";

await serve(exampleGen);
