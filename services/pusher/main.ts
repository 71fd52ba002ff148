import { serve } from "millrace/component";
import { pusher } from "./component.ts";

await serve(pusher);
