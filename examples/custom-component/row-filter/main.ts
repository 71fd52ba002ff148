import { serve } from "millrace/component";
import { component } from "./component.ts";

await serve(component);
