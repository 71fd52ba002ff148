import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findDataDirectory } from "./data-directory.ts";

let root: string;
let inner: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "millrace-data-"));
  inner = join(root, "outer/inner");
  mkdirSync(inner, { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("findDataDirectory()", () => {
  it("makes one in the working directory when there is none above", () => {
    expect(findDataDirectory(inner)).toMatchObject({ root: join(inner, ".millrace"), project: inner });
  });

  it("takes the nearest there is above", () => {
    mkdirSync(join(root, ".millrace"));
    mkdirSync(join(root, "outer/.millrace"));
    expect(findDataDirectory(inner).root).toBe(join(root, "outer/.millrace"));
  });

  it("takes a nearer project's own, also before there is one", () => {
    mkdirSync(join(root, ".millrace"));
    writeFileSync(join(root, "outer/package.json"), JSON.stringify({ millrace: {} }));
    expect(findDataDirectory(inner).root).toBe(join(root, "outer/.millrace"));
  });

  it("is not stopped by another project's package.json", () => {
    mkdirSync(join(root, ".millrace"));
    writeFileSync(join(root, "outer/package.json"), "{}");
    expect(findDataDirectory(inner).root).toBe(join(root, ".millrace"));
  });
});
