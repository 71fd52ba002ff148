import { describe, expect, it } from "vitest";
import { openBackend } from "./backend.ts";
import { backendEnvironment, backendPackages } from "./backend-environment.ts";

describe("backendEnvironment()", () => {
  it("names the backend that openBackend() opens, and its version, without loading it", async () => {
    const environment = backendEnvironment();
    const backend = await openBackend();
    const { packageName } = backendPackages.find(({ name }) => name === backend.name)!;
    expect(environment.backend).toBe(backend.name);
    expect(environment.versions[packageName]).toBe(backend.version);
  });

  it("names what can change bytes on every backend", () => {
    expect(Object.keys(backendEnvironment("wasm").versions)).toEqual([
      "@tensorflow/tfjs-core",
      "@tensorflow/tfjs-layers",
      "@tensorflow/tfjs-backend-wasm",
    ]);
  });

  it("refuses plain cpu, naming the backends there are", () => {
    expect(() => backendEnvironment("cpu")).toThrow(/"cpu".*must be one of tensorflow-gpu .* wasm/);
  });
});

describe("openBackend()", () => {
  it("never opens plain cpu", async () => {
    const { tf } = await openBackend();
    expect(["wasm", "tensorflow"]).toContain(tf.getBackend());
  });
});
