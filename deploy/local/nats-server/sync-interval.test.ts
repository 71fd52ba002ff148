import { describe, expect, it } from "vitest";
import { syncIntervalOf } from "./sync-interval.ts";

describe("syncIntervalOf()", () => {
  it("waits for the disk at every write, unless the server is thrown away", () => {
    expect(syncIntervalOf({ env: {} })).toBe("always");
    expect(syncIntervalOf({ env: {}, endsWithStarter: true })).toBe("2m");
  });

  it.each(["always", "100ms", "1s", "2m", "1h"])("takes %s from the environment", (interval) => {
    expect(syncIntervalOf({ env: { MILLRACE_NATS_SYNC: interval }, endsWithStarter: true })).toBe(interval);
  });

  it.each(["never", "0s", "1", "1.5s", "s", "always "])("refuses %j and names the variable", (interval) => {
    expect(() => syncIntervalOf({ env: { MILLRACE_NATS_SYNC: interval } })).toThrow(/MILLRACE_NATS_SYNC=.*"always"/);
  });
});
