// Writes runtime/contracts from proto/: `npm run generate`.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const buf = "node_modules/.bin/buf";
const descriptorModule = "runtime/contracts/millrace/descriptor-set.ts";

/** Services describe themselves from it (gRPC reflection); as a module it is built and packed like any other. */
function writeDescriptorSet(): number | null {
  const options = [
    "--path",
    "proto/millrace",
    "--exclude-source-info",
    "--as-file-descriptor-set",
    "-o",
    "-#format=binpb",
  ];
  const built = spawnSync(buf, ["build", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  if (built.status !== 0) return built.status;
  const text = built.stdout.toString("base64");
  const head =
    "// Written by `npm run generate`; do not edit.\n\n/** FileDescriptorSet of proto/millrace, in base64. */\n";
  writeFileSync(descriptorModule, `${head}export const descriptorSetBase64 =\n  "${text}";\n`);
  return 0;
}

const generated = spawnSync(buf, ["generate"], { stdio: "inherit" });
process.exitCode = (generated.status === 0 ? writeDescriptorSet() : generated.status) ?? 1;
