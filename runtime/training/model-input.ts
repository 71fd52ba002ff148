import { Terminal } from "../model/mod.ts";
import type { TransformedFeature } from "../transform/mod.ts";
import { unseenId } from "./features.ts";
import type { ModelFeature } from "./layers/mod.ts";

/**
 * The values of one feature as the network takes them, the same as training read them: ids without a meaning become
 * the last id.
 * @throws {Terminal} `bad-input`: a text.
 */
export function modelInput(feature: ModelFeature, { data }: TransformedFeature): Float32Array {
  if (Array.isArray(data)) {
    throw new Terminal("bad-input", `Cannot feed feature ${JSON.stringify(feature.name)}: it is text`, {
      field: feature.name,
    });
  }
  const unseen = unseenId(feature);
  if (unseen === undefined || feature.shape.length > 0) return Float32Array.from(data);
  return Float32Array.from(data, (id) => (id >= 0 && id < unseen ? id : unseen));
}
