import type { Catalog } from "../catalog.ts";
import type { ResponseValue } from "../response-json.ts";

/** `GET /v1/models/M[/versions/V]`: what is known of a model's versions. */
export function status(catalog: Catalog, model: string, version: string | undefined): ResponseValue {
  return {
    model_version_status: catalog.statuses(model, version).map(({ version: number, state, error, digest }) => ({
      version: number,
      state,
      status: { error_code: error === "" ? "OK" : "UNKNOWN", error_message: error },
      // Not TensorFlow's: what the log calls these files, so that a rolled-back version is known by its model.
      pushed_model_digest: digest,
    })),
  };
}
