import { runService } from "millrace/component/internal";
import { toConfig } from "./config.ts";
import { startIngest } from "./service.ts";

const config = toConfig(process.env);
await runService("ingest", config.logLevel, (logger) => startIngest(config, logger));
