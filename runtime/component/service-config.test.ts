import { describe, expect, it } from "vitest";
import { readAgentConfig, readServiceConfig } from "./service-config.ts";

describe("readServiceConfig()", () => {
  it("takes JetStream's 30 s as ack_wait when nothing is said", () => {
    expect(readServiceConfig({}).ackWaitMs).toBe(30_000);
    expect(readServiceConfig({ MILLRACE_ACK_WAIT_MS: "" }).ackWaitMs).toBe(30_000);
  });

  it("takes the ack_wait that is given", () => {
    expect(readServiceConfig({ MILLRACE_ACK_WAIT_MS: "2000" }).ackWaitMs).toBe(2_000);
  });

  it.each(["999", "3600001", "2.5e0", "soon"])("refuses an ack_wait of %s, and says what it may be", (text) => {
    expect(() => readServiceConfig({ MILLRACE_ACK_WAIT_MS: text })).toThrow(
      `MILLRACE_ACK_WAIT_MS=${text}: it must be a whole number from 1000 to 3600000`,
    );
  });
});

describe("readAgentConfig()", () => {
  it("takes the component's own slots, unless its operator says otherwise", () => {
    expect(readAgentConfig({}, { slots: 4 }).slots).toBe(4);
    expect(readAgentConfig({ MILLRACE_SLOTS: "9" }, { slots: 4 }).slots).toBe(9);
  });

  it.each(["0", "1025", "many"])("refuses %s slots, and says how many there may be", (text) => {
    expect(() => readAgentConfig({ MILLRACE_SLOTS: text }, { slots: 4 })).toThrow(
      `MILLRACE_SLOTS=${text}: it must be a whole number from 1 to 1024`,
    );
  });
});
