import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { freePort } from "./support/own-server.ts";
import { Workplace } from "./support/workplace.ts";

/** Longest until a verb gives up, its own start included. */
const givesUpWithinMs = 15_000;

describe("a nats-server that can't be used is an error that says what to do", () => {
  it.each([["runs"], ["up"], ["publish penguins data.csv"]])(
    "when MILLRACE_NATS_URL names one that isn't there: millrace %s",
    async (command) => {
      const port = await freePort();
      await using work = new Workplace({ MILLRACE_NATS_URL: `nats://user:secret@127.0.0.1:${port}` });
      writeFileSync(work.path("data.csv"), "a,b\n1,2\n");
      const began = performance.now();
      const { status, stderr, stdout } = await work.millrace(...command.split(" "));
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(performance.now() - began).toBeLessThan(givesUpWithinMs);
      expect(stderr).toContain(`Cannot reach nats-server at 127.0.0.1:${port}`);
      expect(stderr).toMatch(/connection refused.*Start it, or unset MILLRACE_NATS_URL/);
      expect(stderr).not.toContain("secret");
    },
  );

  it("when its port is taken", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    try {
      await once(other, "listening");
      await using work = new Workplace();
      const { status, stderr } = await work.millrace("up", "--port", String(port));
      expect(status).toBe(1);
      expect(stderr).toContain(`Cannot start nats-server on port ${port}: the port must be free`);
    } finally {
      other.close();
    }
  });
});
