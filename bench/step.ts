// A no-op component: the process of one step of the chain, and its executor's. BENCH_STEP says which.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { implement, serve } from "millrace/component";
import { stepDeclaration } from "./chain.ts";

const declaration = stepDeclaration(Number(process.env["BENCH_STEP"]));

await serve(
  implement(declaration, async ({ inputs, outputs }) => {
    writeFileSync(join(outputs.written.path, "written"), inputs.taken.artifact.digest);
  }),
);
