import { createHash, type Hash } from "node:crypto";
import { manifestDigest } from "../artifacts/mod.ts";
import { type Header, type Payload, Scope } from "../contracts/millrace/history/v1/history.ts";
import { damaged, type RecordPlace } from "./damaged.ts";
import { openHistory } from "./read-history.ts";

/** What a history file was found to hold. */
export interface CheckedHistory {
  readonly header: Header;
  /** Messages of the history itself, without its context. */
  readonly messages: number;
  readonly payloads: number;
}

/**
 * Reads a history file to its end before anything is made of it: every record has its checksum, the messages ascend,
 * every file of every payload is what its manifest says and the manifest what its digest is of, and the trailer's sum is
 * that of the whole.
 * @throws {Terminal} as `openHistory`.
 */
export async function checkHistory(file: string): Promise<CheckedHistory> {
  const { header, items } = await openHistory(file);
  const files = new PayloadCheck(file);
  let messages = 0;
  let payloads = 0;
  const last = { message: 0n, context: 0n };
  for await (const { value, ...place } of items) {
    if (value.$case === "chunk") {
      files.take(value.value.data, place);
      continue;
    }
    files.end(place);
    if (value.$case === "payload") {
      files.begin(value.value, place);
      payloads += 1;
      continue;
    }
    const kind = value.value.context ? "context" : "message";
    if (value.value.sequence <= last[kind])
      throw damaged(file, place, `is message ${value.value.sequence} behind message ${last[kind]}`);
    last[kind] = value.value.sequence;
    const within = scopeOf(header);
    if (kind === "message" && !value.value.subject.startsWith(within))
      throw damaged(file, place, `is on subject ${value.value.subject}, which is not below ${within}`);
    if (kind === "message") messages += 1;
  }
  files.end({ record: 0, offset: 0 });
  return { header, messages, payloads };
}

/** Holds the chunks of one payload after the other against its manifest. */
class PayloadCheck {
  readonly #file: string;
  #payload: Payload | undefined;
  #entry = 0;
  #bytes = 0n;
  #hash: Hash = createHash("sha256");

  constructor(file: string) {
    this.#file = file;
  }

  begin(payload: Payload, place: RecordPlace): void {
    const digest = payload.manifest && manifestDigest(payload.manifest);
    if (digest !== payload.digest)
      throw damaged(this.#file, place, `holds a manifest of ${String(digest)} as artifact ${payload.digest}`);
    const outside = payload.manifest?.entries.find(({ path }) => !staysInside(path));
    if (outside)
      throw damaged(this.#file, place, `would write outside of its artifact: ${JSON.stringify(outside.path)}`);
    this.#payload = payload;
    this.#entry = 0;
    this.#startEntry();
    this.#skipEmpty(place);
  }

  take(data: Uint8Array, place: RecordPlace): void {
    const entry = this.#payload?.manifest?.entries[this.#entry];
    if (entry === undefined) throw damaged(this.#file, place, "holds bytes of no artifact");
    this.#hash.update(data);
    this.#bytes += BigInt(data.length);
    if (this.#bytes > entry.bytes)
      throw damaged(this.#file, place, `holds more of ${entry.path} than its ${entry.bytes} bytes`);
    if (this.#bytes === entry.bytes) this.#endEntry(place);
  }

  end(place: RecordPlace): void {
    const entry = this.#payload?.manifest?.entries[this.#entry];
    if (entry !== undefined)
      throw damaged(this.#file, place, `comes before artifact ${this.#payload?.digest} has all of ${entry.path}`);
    this.#payload = undefined;
  }

  #endEntry(place: RecordPlace): void {
    const entry = this.#payload?.manifest?.entries[this.#entry];
    const sha256 = this.#hash.digest("hex");
    if (entry?.sha256 !== sha256)
      throw damaged(this.#file, place, `ends ${entry?.path} of artifact ${this.#payload?.digest} with other bytes`);
    this.#entry += 1;
    this.#startEntry();
    this.#skipEmpty(place);
  }

  /** An empty file has no chunk. */
  #skipEmpty(place: RecordPlace): void {
    if (this.#payload?.manifest?.entries[this.#entry]?.bytes === 0n) this.#endEntry(place);
  }

  #startEntry(): void {
    this.#bytes = 0n;
    this.#hash = createHash("sha256");
  }
}

/** Whether a path stays below where its artifact is written, whoever made the file. */
function staysInside(path: string): boolean {
  return (
    !path.includes("\0") && path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..")
  );
}

/** What the subjects of a history's own messages begin with. */
function scopeOf({ scope, namespace, pipeline, run }: Header): string {
  return scope === Scope.SCOPE_RUN ? `${namespace}.run.${pipeline}.${run}.` : `${namespace}.`;
}
