import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makePrivateDirectory } from "./private-directory.ts";

const parent = mkdtempSync(join(tmpdir(), "millrace-private-directory-"));
afterAll(() => rmSync(parent, { recursive: true }));

it("makePrivateDirectory() removes what dead processes left, and nothing else", () => {
  const first = makePrivateDirectory(parent);
  const ended = spawnSync(process.execPath, ["-e", ""]).pid;
  const name = basename(first.path);
  const abandoned = join(parent, name.replace(`-${process.pid}-`, `-${ended}-`));
  const ofOtherHost = join(parent, `millrace-engine-elsewhere-${ended}-abcdef`);
  const unrelated = join(parent, "millrace-engine");
  for (const directory of [abandoned, ofOtherHost, unrelated]) mkdirSync(directory);
  const second = makePrivateDirectory(parent);
  expect([first.path, ofOtherHost, unrelated, second.path].every((directory) => existsSync(directory))).toBe(true);
  expect(existsSync(abandoned)).toBe(false);
  first.remove();
  second.remove();
  expect(existsSync(first.path)).toBe(false);
});
