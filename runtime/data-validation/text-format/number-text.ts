/** Digits after which every float32, and every double, is written exactly. */
const float32DigitsMax = 9;

/** Decimal exponents outside of which Python writes a double with an exponent. */
const plainExponentMin = -4;
const plainExponentMax = 16;

/** A double as Python's `repr` writes it: "1.0", "1e-05", "inf". */
export function printDouble(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  if (value === 0) return "0.0";
  const [digits = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < plainExponentMin || exponent >= plainExponentMax) return scientific(digits, exponent);
  const plain = positional(digits, exponent);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/** A float32 by its shortest decimals that read back as the same float32. */
export function printFloat(value: number): string {
  if (!Number.isFinite(value) || value === 0) return printDouble(value);
  for (let digits = 1; digits < float32DigitsMax; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === Math.fround(value)) return printDouble(shorter);
  }
  return printDouble(Number(value.toPrecision(float32DigitsMax)));
}

function scientific(digits: string, exponent: number): string {
  const sign = exponent < 0 ? "-" : "+";
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function positional(digits: string, exponent: number): string {
  const sign = digits.startsWith("-") ? "-" : "";
  const significant = digits.replace("-", "").replace(".", "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${significant}`;
  const whole = significant.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = significant.slice(exponent + 1);
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}
