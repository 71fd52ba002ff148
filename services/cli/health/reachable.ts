import { access, constants, mkdir } from "node:fs/promises";
import { createConnection } from "node:net";
import { type DataDirectory, findRunningStack } from "@millrace/local";
import { type Check, missing, ok, warning } from "./check.ts";

const connectTimeoutMs = 2_000;

/** What of an installation can be reached now. */
export async function checkReachable(data: DataDirectory): Promise<readonly Check[]> {
  const directory = await checkDirectory(data);
  const running = await findRunningStack(data);
  if (running === undefined)
    return [directory, ok("stack", "not running; a verb starts what it needs, `millrace up` keeps it")];
  const places = [{ name: "nats-server", address: running.natsUrl }, ...running.services];
  return [directory, ...(await Promise.all(places.map(checkService)))];
}

async function checkDirectory(data: DataDirectory): Promise<Check> {
  try {
    await mkdir(data.root, { recursive: true });
    await access(data.root, constants.W_OK);
    return ok("data directory", data.root);
  } catch (error) {
    return missing("data directory", String(error), `make ${data.root} writable, or choose another with --data-dir`);
  }
}

async function checkService({ name, address }: { readonly name: string; readonly address: string }): Promise<Check> {
  const url = new URL(address.includes("://") ? address : `tcp://${address}`);
  const open = await opens(url.hostname.replaceAll(/[[\]]/g, ""), Number(url.port));
  if (open) return ok(name, `answers at ${address}`);
  return warning(name, `does not answer at ${address}`, `see its log, then \`millrace down\` and \`millrace up\``);
}

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: connectTimeoutMs });
    const settle = (open: boolean) => (): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", settle(true)).once("error", settle(false)).once("timeout", settle(false));
  });
}
