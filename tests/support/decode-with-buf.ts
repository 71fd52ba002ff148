import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Decodes an event by the .proto files alone. */
export function decodeWithBuf(body: Uint8Array): unknown {
  const args = [
    "convert",
    join(root, "proto"),
    "--type",
    "millrace.event.v1.Event",
    "--from",
    "-#format=binpb",
    "--to",
    "-#format=json",
  ];
  const buf = spawnSync(join(root, "node_modules/.bin/buf"), args, { input: body, encoding: "utf8" });
  if (buf.status !== 0) throw new Error(buf.stderr);
  return JSON.parse(buf.stdout);
}
