import type { runService, StartedService } from "millrace/component/service-process";
import { toMillraceError } from "millrace/model";
import { Catalog, type CatalogListener } from "./catalog.ts";
import type { Config } from "./config.ts";
import { startServer } from "./server.ts";

type Logger = Parameters<Parameters<typeof runService>[2]>[0];

/** Starts the model server: it listens at once, and models answer as they are found. */
export async function startServing(config: Config, logger: Logger): Promise<StartedService> {
  const catalog = new Catalog(config.modelBase, logged(logger));
  const onError = (error: unknown) => logger.error({ err: error }, toMillraceError(error).message);
  const server = await startServer({ catalog, config, onError });
  catalog.start(config.pollMs);
  const stop = async () => {
    await server.stop();
    await catalog[Symbol.asyncDispose]();
  };
  return { address: server.url, stop };
}

function logged(logger: Logger): CatalogListener {
  return {
    loaded: ({ model, version, directory }) => logger.info({ model, version, directory }, "model version answers"),
    unloaded: ({ model, version }) => logger.info({ model, version }, "model version let go"),
    failed: ({ model, version, directory }, error) => {
      const { code, message } = toMillraceError(error);
      logger.error({ model, version, directory, code }, message);
    },
  };
}
