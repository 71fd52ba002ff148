import { runService } from "millrace/component/service-process";
import { readConfig } from "./config.ts";
import { startServing } from "./service.ts";

await runService("serving", process.env["MILLRACE_LOG_LEVEL"] ?? "info", (logger) =>
  startServing(readConfig(process.env), logger),
);
