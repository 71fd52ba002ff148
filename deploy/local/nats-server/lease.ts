import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { Retryable } from "millrace/model";
import type { ServerPorts } from "./ports-file.ts";

/** A bare client connection that says: someone needs this server. The kernel ends it with its process. */
export interface Lease {
  end(): void;
  /** Settles when the connection is gone, by `end` or because the server is. */
  readonly lost: Promise<void>;
  /** How many leases of others there are, once the server has forgotten this one; until then undefined. */
  others(): Promise<number | undefined>;
}

const leaseName = "millrace-lease";
const answerTimeoutMs = 10_000;
const connectionsMax = 100_000;

/**
 * Connects to a server and stays, answering its pings, until ended. The connection does not keep this process alive.
 * @throws {Retryable} `nats-server-silent`: no answer in time.
 */
export async function takeLease(ports: ServerPorts): Promise<Lease> {
  const { hostname, port } = new URL(ports.url);
  const socket = connect(Number(port), hostname);
  const clientId = await greet(socket, ports);
  const lost = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.unref();
  return { lost, end: () => void socket.destroy(), others: () => othersOnce(ports, clientId) };
}

/** Says who it is and waits until the server has answered, so that the server counts it from here on. */
function greet(socket: Socket, ports: ServerPorts): Promise<number> {
  return new Promise((resolve, reject) => {
    let clientId = 0;
    const late = setTimeout(() => socket.destroy(silent(ports)), answerTimeoutMs);
    socket.once("close", () => clearTimeout(late));
    const lines = createInterface({ input: socket });
    for (const source of [socket, lines])
      source.on("error", (error: Error) => reject(error instanceof Retryable ? error : silent(ports, error)));
    lines.on("line", (line) => {
      if (line.startsWith("INFO ")) {
        clientId = (JSON.parse(line.slice("INFO ".length)) as { client_id: number }).client_id;
        const introduction = {
          name: leaseName,
          verbose: false,
          pedantic: false,
          protocol: 1,
          lang: "node",
          version: "1",
        };
        socket.write(`CONNECT ${JSON.stringify(introduction)}\r\nPING\r\n`);
      }
      if (line === "PING") socket.write("PONG\r\n");
      if (line === "PONG") {
        clearTimeout(late);
        resolve(clientId);
      }
    });
  });
}

async function othersOnce(ports: ServerPorts, clientId: number): Promise<number | undefined> {
  const response = await fetch(`${ports.monitorUrl}/connz?limit=${connectionsMax}`).catch(() => undefined);
  if (response === undefined) return undefined;
  const { connections } = (await response.json()) as { connections: readonly { cid: number; name?: string }[] };
  const leases = connections.filter(({ name }) => name === leaseName);
  return leases.some(({ cid }) => cid === clientId) ? undefined : leases.length;
}

/** The error of a server that does not answer. */
export function silent(ports: ServerPorts, cause?: unknown): Retryable {
  const message = `Cannot use the nats-server at ${ports.url} (process ${ports.pid}): it must answer: it is silent. End it and try again`;
  return new Retryable("nats-server-silent", message, { cause });
}
