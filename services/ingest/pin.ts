import type {
  PinRequest,
  PinResponse,
  UnpinRequest,
  UnpinResponse,
} from "millrace/contracts/millrace/control/v1/control.ts";
import { pin, unpin } from "millrace/control";
import type { Pinnable } from "millrace/control";
import { isDigest, Terminal } from "millrace/model";
import type { ControlContext } from "./control-server.ts";

/** RPC Pin. */
export async function handlePin({ log, store }: ControlContext, { what, reason }: PinRequest): Promise<PinResponse> {
  // Opening it brings it back if it is on its way out.
  const isThere = (digest: string): Promise<boolean> => store.open(digest).then(Boolean, () => false);
  const { sequence } = await pin(log, pinnableOf("pin", what), reason, isThere);
  return { sequence: BigInt(sequence ?? 0) };
}

/** RPC Unpin. */
export async function handleUnpin({ log }: ControlContext, { what, reason }: UnpinRequest): Promise<UnpinResponse> {
  const { sequence } = await unpin(log, pinnableOf("unpin", what), reason);
  return { sequence: BigInt(sequence ?? 0) };
}

function pinnableOf(action: string, what: PinRequest["what"]): Pinnable {
  if (what?.$case === "run" && what.value !== "") return { kind: "run", run: what.value };
  if (what?.$case === "digest" && isDigest(what.value)) return { kind: "artifact", digest: what.value };
  const message = `Cannot ${action}: field run must be a run's id, or field digest "sha256:" and 64 hex digits`;
  throw new Terminal("bad-field", message, { field: "what" });
}
