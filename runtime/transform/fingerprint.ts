const k0 = 0xc3a5c85c97cb3127n;
const k1 = 0xb492b66fbe98f273n;
const k2 = 0x9ae16a3b2f90404fn;

type Pair = readonly [bigint, bigint];

const encoder = new TextEncoder();

/**
 * FarmHash's Fingerprint64 of a text in UTF-8: what TensorFlow hashes categories with, and the engine's
 * `farmFingerprint64`, to which a property test holds it. Its own, in bigints, since model servers would otherwise load
 * WebAssembly for the few texts that are hashed.
 * Source: farmhash.cc, namespace farmhashna.
 */
export function fingerprint64(text: string): bigint {
  const bytes = encoder.encode(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length <= 16) return upTo16(view);
  if (bytes.length <= 32) return upTo32(view);
  return bytes.length <= 64 ? upTo64(view) : beyond64(view);
}

function upTo16(view: DataView): bigint {
  const size = view.byteLength;
  const length = BigInt(size);
  if (size >= 8) {
    const mul = wrap(k2 + length * 2n);
    const a = wrap(word(view, 0) + k2);
    const b = word(view, size - 8);
    return mix(wrap(rotate(b, 37n) * mul + a), wrap((rotate(a, 25n) + b) * mul), mul);
  }
  if (size >= 4) {
    const mul = wrap(k2 + length * 2n);
    return mix(wrap(length + (half(view, 0) << 3n)), half(view, size - 4), mul);
  }
  if (size === 0) return k2;
  const y = BigInt(view.getUint8(0) + (view.getUint8(size >> 1) << 8));
  const z = BigInt(size + (view.getUint8(size - 1) << 2));
  return wrap(fold(wrap(y * k2) ^ wrap(z * k0)) * k2);
}

function upTo32(view: DataView): bigint {
  const size = view.byteLength;
  const mul = wrap(k2 + BigInt(size) * 2n);
  const a = wrap(word(view, 0) * k1);
  const b = word(view, 8);
  const c = wrap(word(view, size - 8) * mul);
  const d = wrap(word(view, size - 16) * k2);
  return mix(wrap(rotate(wrap(a + b), 43n) + rotate(c, 30n) + d), wrap(a + rotate(wrap(b + k2), 18n) + c), mul);
}

function upTo64(view: DataView): bigint {
  const size = view.byteLength;
  const mul = wrap(k2 + BigInt(size) * 2n);
  const a = wrap(word(view, 0) * k2);
  const b = word(view, 8);
  const c = wrap(word(view, size - 8) * mul);
  const d = wrap(word(view, size - 16) * k2);
  const y = wrap(rotate(wrap(a + b), 43n) + rotate(c, 30n) + d);
  const z = mix(y, wrap(a + rotate(wrap(b + k2), 18n) + c), mul);
  const e = wrap(word(view, 16) * mul);
  const f = word(view, 24);
  const g = wrap((y + word(view, size - 32)) * mul);
  const h = wrap((z + word(view, size - 24)) * mul);
  return mix(wrap(rotate(wrap(e + f), 43n) + rotate(g, 30n) + h), wrap(e + rotate(wrap(f + a), 18n) + g), mul);
}

function beyond64(view: DataView): bigint {
  const size = view.byteLength;
  const seed = 81n;
  let x = seed;
  let y = wrap(seed * k1 + 113n);
  let z = wrap(fold(wrap(y * k2 + 113n)) * k2);
  let v: Pair = [0n, 0n];
  let w: Pair = [0n, 0n];
  x = wrap(x * k2 + word(view, 0));
  const lastBlock = ((size - 1) >> 6) << 6;
  for (let at = 0; at < lastBlock; at += 64) {
    x = wrap(rotate(wrap(x + y + v[0] + word(view, at + 8)), 37n) * k1) ^ w[1];
    y = wrap(rotate(wrap(y + v[1] + word(view, at + 48)), 42n) * k1 + v[0] + word(view, at + 40));
    z = wrap(rotate(wrap(z + w[0]), 33n) * k1);
    v = weakHash(view, at, wrap(v[1] * k1), wrap(x + w[0]));
    w = weakHash(view, at + 32, wrap(z + w[1]), wrap(y + word(view, at + 16)));
    [z, x] = [x, z];
  }
  const mul = wrap(k1 + ((z & 0xffn) << 1n));
  const at = size - 64;
  w = [wrap(w[0] + BigInt((size - 1) & 63)), w[1]];
  v = [wrap(v[0] + w[0]), v[1]];
  w = [wrap(w[0] + v[0]), w[1]];
  x = wrap(rotate(wrap(x + y + v[0] + word(view, at + 8)), 37n) * mul) ^ wrap(w[1] * 9n);
  y = wrap(rotate(wrap(y + v[1] + word(view, at + 48)), 42n) * mul + v[0] * 9n + word(view, at + 40));
  z = wrap(rotate(wrap(z + w[0]), 33n) * mul);
  v = weakHash(view, at, wrap(v[1] * mul), wrap(x + w[0]));
  w = weakHash(view, at + 32, wrap(z + w[1]), wrap(y + word(view, at + 16)));
  [z, x] = [x, z];
  return mix(wrap(mix(v[0], w[0], mul) + fold(y) * k0 + z), wrap(mix(v[1], w[1], mul) + x), mul);
}

function weakHash(view: DataView, at: number, seedA: bigint, seedB: bigint): Pair {
  const [w, x, y, z] = [word(view, at), word(view, at + 8), word(view, at + 16), word(view, at + 24)];
  const a = wrap(seedA + w);
  const b = rotate(wrap(seedB + a + z), 21n);
  const sum = wrap(a + x + y);
  return [wrap(sum + z), wrap(b + rotate(sum, 44n) + a)];
}

/** FarmHash's HashLen16 with a multiplier. */
function mix(u: bigint, v: bigint, mul: bigint): bigint {
  const a = wrap((u ^ v) * mul);
  const b = wrap((v ^ a ^ (a >> 47n)) * mul);
  return wrap((b ^ (b >> 47n)) * mul);
}

/** FarmHash's ShiftMix. */
function fold(value: bigint): bigint {
  return value ^ (value >> 47n);
}

function rotate(value: bigint, by: bigint): bigint {
  const wrapped = wrap(value);
  return wrap((wrapped >> by) | (wrapped << (64n - by)));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function word(view: DataView, at: number): bigint {
  return view.getBigUint64(at, true);
}

function half(view: DataView, at: number): bigint {
  return BigInt(view.getUint32(at, true));
}
