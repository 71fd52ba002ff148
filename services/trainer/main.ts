import { serve } from "millrace/component";
import { trainer } from "./component.ts";

await serve(trainer);
