import { serve } from "millrace/component";
import { transform } from "./component.ts";

await serve(transform);
