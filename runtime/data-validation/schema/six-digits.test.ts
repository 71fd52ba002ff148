import { expect, it } from "vitest";
import { sixDigits } from "./six-digits.ts";

it.each([
  [999, "999"],
  [100, "100"],
  [0.4285896127, "0.42859"],
  [0.0121951219, "0.0121951"],
  [999999.5, "1e+06"],
  [-1234567, "-1.23457e+06"],
  [0.00001, "1e-05"],
  [0.0001, "0.0001"],
  [0, "0"],
  [Number.NaN, "nan"],
  [Number.NEGATIVE_INFINITY, "-inf"],
])("sixDigits(%d) is written as C writes %%g: %s", (value, text) => {
  expect(sixDigits(value)).toBe(text);
});
