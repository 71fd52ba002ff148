import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { natsServerBinary } from "@millrace/local";
import { connect } from "@nats-io/transport-node";

/** A nats-server of a test's own, which it may kill and start again in the same place. */
export class OwnServer implements AsyncDisposable {
  readonly url: string;
  readonly #port: number;
  readonly #directory: string;
  readonly #binary: string;
  #child: ChildProcess | undefined;
  #paused = false;

  private constructor(port: number, directory: string, binary: string) {
    this.url = `nats://127.0.0.1:${port}`;
    this.#port = port;
    this.#directory = directory;
    this.#binary = binary;
  }

  /** Starts a server. @param binary Default the one that the stack would use. */
  static async start(directory: string, binary?: string): Promise<OwnServer> {
    mkdirSync(directory, { recursive: true });
    const server = new OwnServer(await freePort(), directory, binary ?? (await natsServerBinary()));
    await server.startAgain();
    return server;
  }

  /** Starts it on the same port and data, and waits until it answers. */
  async startAgain(): Promise<void> {
    const args = ["-a", "127.0.0.1", "-p", String(this.#port), "-js", "-sd", this.#directory];
    this.#child = spawn(this.#binary, args, { stdio: "ignore" });
    const connection = await connect({ servers: this.url, waitOnFirstConnect: true, reconnectTimeWait: 50 });
    await connection.close();
  }

  /** Process of the server; 0 while none runs. */
  get pid(): number {
    const child = this.#child;
    return child === undefined || child.exitCode !== null || child.signalCode !== null ? 0 : (child.pid ?? 0);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Stops its process, which goes on at `proceed`: connections stay, and nothing answers. */
  pause(): void {
    this.#paused = true;
    this.#child?.kill("SIGSTOP");
  }

  proceed(): void {
    this.#paused = false;
    this.#child?.kill("SIGCONT");
  }

  /** Kills it where it stands. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** A port of this machine on which nothing listens. */
export async function freePort(): Promise<number> {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo;
  holder.close();
  await once(holder, "close");
  return port;
}
