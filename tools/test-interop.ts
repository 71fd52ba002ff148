// Tests that take long, or that need more than npm and pip give: `npm run test:interop [-- PATTERN]`. What they need is
// cached outside the checkout; one that cannot have it is told as `not run: NAME, why`. Ends with `N passed, N failed`.
import { fileURLToPath } from "node:url";
import { conclude, runVitest } from "./vitest.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
conclude(runVitest(root, ["interop"], process.argv.slice(2)));
