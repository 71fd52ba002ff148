import { expect, it } from "vitest";
import { datasetEventDigest } from "./dataset-event.ts";

const event = {
  dataset: "penguins",
  source: "nightly",
  sourceEventId: "1",
  uri: "penguins.csv",
  format: "csv",
  digest: "",
  span: 12n,
  version: undefined,
  time: "",
  noCache: false,
};

it("datasetEventDigest() of an event without newer fields is what earlier versions made of it", () => {
  expect(datasetEventDigest(event)).toBe("sha256:77fb085a2f4dc36e35ed5dc0a8c5a38ac7217df2b04a0d5e22928245600815ab");
});

it("datasetEventDigest() is another for a run without the cache, and does not depend on the time", () => {
  expect(datasetEventDigest({ ...event, noCache: true })).not.toBe(datasetEventDigest(event));
  expect(datasetEventDigest({ ...event, time: "2026-11-23T00:00:00Z" })).toBe(datasetEventDigest(event));
});
