import { describe, expect, it } from "vitest";
import { settingText, withSettings } from "./settings.ts";

describe("withSettings()", () => {
  it.each([
    ["SELECT 1", "SELECT 1\nSETTINGS a = 1, b = 'it''s'"],
    ["SELECT 1 SETTINGS c = 2", "SELECT 1 SETTINGS c = 2, a = 1, b = 'it''s'"],
    ["SELECT * FROM (SELECT 1 SETTINGS c = 2)", "SELECT * FROM (SELECT 1 SETTINGS c = 2)\nSETTINGS a = 1, b = 'it''s'"],
  ])("adds to %j", (sql, expected) => expect(withSettings(sql, { a: 1, b: "it's" })).toBe(expected));

  it("leaves a statement alone without settings", () => expect(withSettings("SELECT 1", {})).toBe("SELECT 1"));
});

it("settingText() writes numbers bare and texts quoted", () => {
  expect([settingText(1.5), settingText("x")]).toEqual(["1.5", "'x'"]);
});
