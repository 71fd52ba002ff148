import { enableCompileCache } from "node:module";

// Compiled modules are kept between calls: the verbs' imports take about half the time.
enableCompileCache();
const { run } = await import("./run.ts");
process.exitCode = await run(process.argv.slice(2));
