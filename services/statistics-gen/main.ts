import { serve } from "millrace/component";
import { statisticsGen } from "./component.ts";

await serve(statisticsGen);
