import { openArtifactStore, planReader } from "millrace/artifacts";
import { durableName } from "millrace/component/internal";
import type { StartedService } from "millrace/component/internal";
import { createPlans } from "millrace/driver";
import { connectLog } from "millrace/jetstream";
import { subjectsOf } from "millrace/log";
import { toMillraceError } from "millrace/model";
import type { Logger } from "pino";
import { adoptRollbacks } from "./adopt-rollbacks.ts";
import type { IngestConfig } from "./config.ts";
import { consumeDerivedRuns } from "./derived-runs.ts";
import { startControlServer } from "./control-server.ts";
import { handleDataset } from "./handle-dataset.ts";
import type { IngestContext } from "./handle-dataset.ts";
import { startSweeper } from "./sweeper.ts";

/** Dataset events handled at once. */
const heldMax = 16;
/** A run that says nothing for this many ack_waits is woken. */
const silentAckWaits = 2;

/** Starts ingest: dataset events to runs, the sweeper, and ControlService. */
export async function startIngest(config: IngestConfig, logger: Logger): Promise<StartedService> {
  const log = await connectLog({
    url: config.natsUrl,
    namespace: config.namespace,
    name: "ingest",
    notice: (sentence) => logger.warn(sentence),
  });
  const subjects = subjectsOf(config.namespace);
  const store = openArtifactStore(config.store);
  const plans = createPlans(log, planReader(store));
  const context: IngestContext = { log, subjects, store, plans, roots: config.roots, logger };
  const filters = [subjects.filters.datasets];
  const consumption = await log.consume({
    durable: durableName("ingest", filters),
    filters,
    heldMax,
    ackWaitMs: config.ackWaitMs,
    handle: (delivery) => handleDataset(context, delivery),
  });
  const derived = await consumeDerivedRuns({ log, subjects, store, plans, logger }, config.ackWaitMs);
  const onTrouble = (thrown: unknown): void => {
    const error = toMillraceError(thrown);
    logger.error({ code: error.code, err: error }, error.message);
  };
  const silentMs = silentAckWaits * config.ackWaitMs;
  const sweeper = startSweeper({ log, subjects, plans, silentMs, onTrouble });
  const { pushRoot } = config;
  const rollbacks =
    pushRoot === undefined
      ? undefined
      : adoptRollbacks({ log, subjects, store, pushRoot, patienceMs: silentMs, onTrouble });
  const server = await startControlServer(config.grpcAddress, { log, subjects, store, plans, pushRoot });
  return {
    address: server.address,
    async stop() {
      server.notServing();
      await Promise.all([consumption.drain(), derived.drain()]);
      await Promise.all([sweeper[Symbol.asyncDispose](), rollbacks?.[Symbol.asyncDispose]()]);
      await server.close();
      await log[Symbol.asyncDispose]();
    },
  };
}
