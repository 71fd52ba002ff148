import { createHash, hash } from "node:crypto";

declare const digestBrand: unique symbol;

/** `sha256:` and 64 hex digits. */
export type Digest = string & { readonly [digestBrand]: true };

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Whether the text is a digest. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/** The digest of bytes or of a text in UTF-8. */
export function digestOf(content: Uint8Array | string): Digest {
  return `sha256:${hash("sha256", content, "hex")}` as Digest;
}

/** The 64 hex digits of a digest. */
export function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}

/** Starts a digest over content that comes in pieces. */
export function digestBuilder(): { update(piece: Uint8Array): void; finish(): Digest } {
  const builder = createHash("sha256");
  return {
    update: (piece) => void builder.update(piece),
    finish: () => `sha256:${builder.digest("hex")}` as Digest,
  };
}
