import type { Command } from "commander";
import { collect } from "./collect.ts";
import { type SetStatus, withVerb } from "./verb.ts";

/** Verbs about the processes of an installation. */
export function addStackCommands(millrace: Command, setStatus: SetStatus): void {
  withVerb(
    millrace
      .command("up")
      .description("start nats-server and all services in the background")
      .option("--replicas <service=count>", "processes of a service, which share its work; may be repeated", collect)
      .option("--service <main>", "main module of a service of your own; may be repeated", collect)
      .option("--port <port>", "port of nats-server (default: a free one)")
      .option("--foreground", "stay, and stop everything on Ctrl-C"),
    setStatus,
    async () => (await import("../verbs/up.ts")).up,
    {
      "millrace up": "start everything; `millrace down` stops it",
      "millrace up --replicas trainer=3": "three trainers share the training",
      "millrace up --service services/row-filter/main.ts": "start a component of your own beside the nine",
    },
  );
  withVerb(
    millrace.command("down").description("stop what `up` started"),
    setStatus,
    async () => (await import("../verbs/down.ts")).down,
    { "millrace down": "stop all services and nats-server; data stays" },
  );
  withVerb(
    millrace.command("doctor").description("tell what is installed, reachable or missing, and how to mend it"),
    setStatus,
    async () => (await import("../verbs/doctor.ts")).doctor,
    { "millrace doctor": "exit status 1 if something must be mended" },
  );
}
