import { versionRestorer } from "millrace/artifacts";
import type { RollBackRequest, RollBackResponse } from "millrace/contracts/millrace/control/v1/control.ts";
import { rollBack } from "millrace/control";
import { Terminal } from "millrace/model";
import type { ControlContext } from "./control-server.ts";

/** RPC RollBack. @throws {Terminal} `push-root-unset`: ingest isn't told where destinations lie. */
export async function handleRollBack(
  { log, store, pushRoot }: ControlContext,
  { destination, version, reason }: RollBackRequest,
): Promise<RollBackResponse> {
  if (pushRoot === undefined)
    throw new Terminal(
      "push-root-unset",
      "Cannot roll back as MILLRACE_PUSH_ROOT must name the directory that destinations lie below, for ingest too: it is not set",
      { field: "MILLRACE_PUSH_ROOT" },
    );
  const to = version === undefined ? {} : { to: Number(version) };
  const done = await rollBack(log, versionRestorer(store, pushRoot), { destination, reason, ...to });
  return {
    fromVersion: BigInt(done.from.version),
    toVersion: BigInt(done.to.version),
    version: BigInt(done.version),
    sequence: BigInt(done.sequence),
    changed: done.changed,
  };
}
