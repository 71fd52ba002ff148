import { open } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactStore } from "../artifacts/mod.ts";
import type { RecordValue } from "./write-history.ts";

/** Bytes of one chunk. */
const chunkBytes = 1 << 20;

/** The records of an artifact: its manifest, and its files' bytes, verified as every read is. */
export async function* payloadRecords(store: ArtifactStore, digest: string): AsyncGenerator<RecordValue> {
  const place = await store.open(digest);
  const manifest = await store.manifest(digest);
  yield { $case: "payload", value: { digest, manifest } };
  for (const { path } of manifest.entries) {
    await using file = await open(join(place, path), "r");
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes);
      if (bytesRead === 0) break;
      yield { $case: "chunk", value: { data: buffer.subarray(0, bytesRead) } };
    }
  }
}
