import { inflateRawSync } from "node:zlib";
import { Terminal } from "millrace/model";

const endSignature = 0x06054b50;
const centralSignature = 0x02014b50;
const endLength = 22;
const commentMax = 65_535;
const storedMethod = 0;
const deflatedMethod = 8;

/**
 * The bytes of one file in a zip archive held in memory.
 * @param ending How the wanted name ends, so that a version in a folder's name need not be known.
 * @throws {Terminal} `bad-archive`: not a zip, no such file, or a compression other than deflate.
 */
export function readZipEntry(archive: Buffer, ending: string): Buffer {
  const end = endOfArchive(archive);
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== centralSignature) break;
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString("utf8", at + 46, at + 46 + nameLength);
    if (name.endsWith(ending)) return contentOf(archive, at, name);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Terminal("bad-archive", `Cannot find a file ending in ${ending} in the archive`);
}

function endOfArchive(archive: Buffer): number {
  const first = Math.max(0, archive.length - endLength - commentMax);
  for (let at = archive.length - endLength; at >= first; at--) if (archive.readUInt32LE(at) === endSignature) return at;
  throw new Terminal("bad-archive", `Cannot read ${archive.length} bytes as a zip archive: it has no end record`);
}

function contentOf(archive: Buffer, central: number, name: string): Buffer {
  const method = archive.readUInt16LE(central + 10);
  const compressed = archive.readUInt32LE(central + 20);
  const local = archive.readUInt32LE(central + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const bytes = archive.subarray(start, start + compressed);
  if (method === storedMethod) return Buffer.from(bytes);
  if (method === deflatedMethod) return inflateRawSync(bytes);
  throw new Terminal("bad-archive", `Cannot unpack ${name}: its compression method must be deflate: it is ${method}`);
}
