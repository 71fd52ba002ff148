import { durableName } from "millrace/component/internal";
import { createPlans } from "millrace/driver";
import { subjectsOf } from "millrace/log";
import type { StartIngest } from "../../runtime/testing/simulation/mod.ts";
import { handleDataset } from "../../services/ingest/handle-dataset.ts";
import { startSweeper } from "../../services/ingest/sweeper.ts";

/** Dataset events handled at once, and ack_waits without a word before a run is woken. Source: services/ingest. */
const heldMax = 16;
const silentAckWaits = 2;

const quiet = (): void => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** The real ingest and its sweeper in a simulated place. */
export const startIngest: StartIngest = async (place) => {
  const { log, store, sweeper, random, ackWaitMs } = place;
  const subjects = subjectsOf(log.namespace);
  const plans = createPlans(log, () => Promise.reject(new Error("no plan is that large here")));
  const filters = [subjects.filters.datasets];
  const context = {
    log,
    subjects,
    store,
    plans,
    roots: [],
    logger,
    locate: async ({ uri }: { readonly uri: string }) => ({ path: uri, format: "csv" as const, name: "data.csv" }),
  };
  await log.consume({
    durable: durableName("ingest", filters),
    filters,
    heldMax,
    ackWaitMs,
    handle: (delivery) => handleDataset(context, delivery),
  });
  if (sweeper)
    startSweeper({
      log,
      subjects,
      plans,
      silentMs: silentAckWaits * ackWaitMs,
      random,
      onTrouble: (thrown) => place.onTrouble(thrown),
    });
};
