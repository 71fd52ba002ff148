import { serve } from "millrace/component";
import { modelValidator } from "./component.ts";

await serve(modelValidator);
