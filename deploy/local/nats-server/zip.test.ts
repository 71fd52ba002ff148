import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readZipEntry } from "./zip.ts";

/** A zip archive of one file, as the format's description has it. */
function zipOf(name: string, content: Buffer, method: 0 | 8): Buffer {
  const bytes = method === 8 ? deflateRawSync(content) : content;
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(method, 4);
  fields.writeUInt32LE(crc32(content), 10);
  fields.writeUInt32LE(bytes.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), bytes]);
  const central = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), fields, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

const content = Buffer.from("the water drives the wheel ".repeat(100));

describe("readZipEntry()", () => {
  it.each([0, 8] as const)("reads a file stored by method %i", (method) => {
    expect(readZipEntry(zipOf("p-1.0.data/scripts/mill", content, method), "/scripts/mill")).toEqual(content);
  });

  it("says which file an archive lacks", () => {
    expect(() => readZipEntry(zipOf("other", content, 8), "/scripts/mill")).toThrow(/\/scripts\/mill/);
  });

  it("refuses what is no archive", () => {
    expect(() => readZipEntry(Buffer.alloc(100), "x")).toThrow(/zip archive/);
  });
});
