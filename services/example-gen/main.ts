import { serve } from "millrace/component";
import { exampleGen } from "./example-gen.ts";

await serve(exampleGen);
